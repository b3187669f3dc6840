/** `autotune import --plan`: runs that a shadow or a batch job recorded for a plan. */
import { thisProcess } from '#adapters/local/holder.ts'
import { importPlanned } from '../embedded/import-planned.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { openPlan } from '../steps/plan/open-plan.ts'
import { existingStore } from './open.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

export async function importForPlan(
  files: readonly string[],
  plan: string,
  { json, ...o }: StoreOptions & { readonly json: boolean },
): Promise<number> {
  if (isDeployed(o)) throw new UserError('--plan imports into a folder: a deployment has no recording plans')
  if (files.length === 0)
    throw new UserError('nothing to import: name the files of runs that were recorded for the plan')
  const store = existingStore(o.store, { progress: terminalProgress() })
  const ended = onInterrupt('Every run that was stored is whole: the same command goes on, and skips what it finds')
  try {
    await store.unlockVault()
    const report = await importPlanned(store, await openPlan(store, readInput(plan), plan), files, thisProcess())
    print(json, report, () => [
      `stored ${report.stored} runs (${report.unchanged} were there already), all of them planned, on the side of their cases`,
      `${report.recorded} of ${report.of} recorded${report.gone > 0 ? `; ${report.gone} planned cases are gone or changed: "autotune plan" plans them anew` : ''}`,
    ])
    return 0
  } finally {
    ended()
    store.close()
  }
}
