/** `autotune correct`: what people say of recorded runs after they were stored. */
import { thisProcess } from '#adapters/local/holder.ts'
import { correctionsOf } from '../embedded/correction-lines.ts'
import { addCorrections } from '../steps/experience/corrections.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import { isLocal, needStore, openForImport } from './open.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

export async function correctVerb(
  files: readonly string[],
  { json, ...o }: StoreOptions & { readonly json: boolean },
): Promise<number> {
  const located = await correctionsOf(files)
  if (!isDeployed(o)) needStore(o.store)
  const store = await openForImport(o, terminalProgress())
  const ended = onInterrupt('Nothing is lost: the same command goes on')
  try {
    if (isLocal(store)) await store.unlockVault()
    const report = await importAlone(store, thisProcess(), (check) => addCorrections(store, located, check))
    print(json, report, () => [
      `stored ${counted(report.stored, 'correction')} of ${counted(report.runs, 'run')} (${report.unchanged} were there already); no recorded run was changed`,
      'next     the next run of the target searches by them, and the next sealed version counts by them: one that was asked stays as it is',
    ])
    return 0
  } finally {
    ended()
    store.close()
  }
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
