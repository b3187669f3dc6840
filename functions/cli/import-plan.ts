/** `autotune import --plan`: runs that a shadow or a batch job recorded for a plan. */
import { thisProcess } from '#adapters/local/holder.ts'
import { importPlanned } from '../embedded/import-planned.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { openPlan } from '../steps/plan/open-plan.ts'
import { openForPlanned } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

export async function importForPlan(
  files: readonly string[],
  plan: string,
  { json, ...o }: StoreOptions & { readonly json: boolean },
): Promise<number> {
  if (files.length === 0)
    throw new UserError('nothing to import: name the files of runs that were recorded for the plan')
  const { reading, writing, close } = await openForPlanned(o, terminalProgress())
  const ended = onInterrupt('Every run that was stored is whole: the same command goes on, and skips what it finds')
  try {
    const report = await importPlanned(
      writing,
      await openPlan(reading, readInput(plan), plan),
      files,
      thisProcess(),
      reading,
    )
    print(json, report, () => [
      `stored ${report.stored} runs (${report.unchanged} were there already), all of them planned, on the side of their cases`,
      `${report.recorded} of ${report.of} recorded${report.gone > 0 ? `; gone or changed since it was made: ${report.gone} of its cases ("autotune plan" plans anew)` : ''}`,
    ])
    return 0
  } finally {
    ended()
    close()
  }
}
