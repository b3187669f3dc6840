/** `autotune verify --cadence DATE`: is a judged day what its rows, its bands and the day before come to? */
import { verifyDay } from '../../steps/cadence/verify.ts'
import { openExisting } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import type { StoreOptions } from '../store-options.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { dayOf } from './options.ts'

export async function verifyCadence(
  date: string,
  { json, bands: file, ...o }: StoreOptions & { readonly json: boolean; readonly bands: string | undefined },
): Promise<number> {
  const bands = file === undefined ? null : readBands(file)
  const store = await openExisting(o, terminalProgress())
  try {
    const result = await verifyDay(store, dayOf(date), bands)
    const holds = result.problems.length === 0
    print(json, { ...result, reproducible: holds }, () => [
      `${holds ? 'reproducible' : 'NOT REPRODUCIBLE'}: ${date}, ${result.intents} intents, ${result.runs} runs${bands ? ', recomputed from the recorded runs' : '; chain and rows only: with --bands FILE it is recomputed'}`,
      ...[...result.problems, ...result.erased].map((line) => `   ${line}`),
    ])
    return holds ? 0 : 2
  } finally {
    store.close()
  }
}
