/** `autotune cadence`: a judged day on one screen. */
import { UserError } from '../../errors.ts'
import { judgedDays, readDay } from '../../steps/cadence/daily.ts'
import { queuedRuns } from '../../steps/cadence/queued.ts'
import { openExisting } from '../open.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { type CadenceOptions, dayOf, exitOf } from './options.ts'
import { dayLines } from './text.ts'

export async function show(
  date: string | undefined,
  { json, bands: file, exitCode, ...o }: CadenceOptions & { readonly exitCode: boolean },
): Promise<number> {
  const asked = date === undefined ? null : dayOf(date)
  const store = await openExisting(o)
  try {
    const judged = await judgedDays(store)
    if (judged.length === 0)
      throw new UserError('no day was judged in this store: "autotune cadence daily" judges the newest that is ready')
    const day = await readDay(store, asked ?? judged.at(-1)!)
    const runs = await queuedRuns(store, readBands(file), [day])
    print(json, { day, runs }, () => dayLines(day, runs, o, file))
    return exitOf([day], exitCode)
  } finally {
    store.close()
  }
}
