/** `autotune record`: what of a plan is not recorded yet is recorded by a module of the user's own, and imported as `import --plan` does. */
import { availableParallelism } from 'node:os'
import { thisProcess } from '#adapters/local/holder.ts'
import { realFile } from '#adapters/local/module/harness-files.ts'
import { importPlanned } from '../embedded/import-planned.ts'
import { readInput } from '../embedded/read-input.ts'
import { recordPlan } from '../embedded/record-plan.ts'
import { recordedFile } from '../embedded/recorded-file.ts'
import { UserError } from '../errors.ts'
import { recordAlone } from '../steps/experience/import-lock.ts'
import { openPlan, progressOf } from '../steps/plan/open-plan.ts'
import { nextCommand } from './next.ts'
import { openForPlanned } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { onInterrupt, print, say } from './terminal.ts'
import { priceText, recordLines } from './text-plan.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly with: string
  readonly cents?: number
  readonly calls?: number
  readonly out?: string
  readonly concurrency?: number
  readonly limitMs: number
}

/** A model that answers at its own pace is waited for, and not by one process alone. */
const MOST_AT_ONCE = 4

/** Exit code: 0 the plan is recorded, 3 a part of it, 2 refused. */
export async function recordVerb(
  file: string,
  { json, with: recorder, out = `${file}.runs.jsonl`, ...o }: Options,
): Promise<number> {
  if (!recorder.startsWith('module:') || recorder === 'module:')
    throw new UserError(
      `--with "${recorder}" is unknown: it is module:PATH, a module that exports record(recorded, settings)`,
    )
  const budget = { cents: o.cents ?? null, calls: o.calls ?? null }
  if (budget.cents === null && budget.calls === null)
    throw new UserError(
      'say how much it may spend on this plan in all: --cents N, --calls N, or both. Nothing was called',
    )
  const module = realFile(recorder.slice('module:'.length), 'the recorder')
  const { reading, writing, close } = await openForPlanned(o, terminalProgress())
  const ended = onInterrupt(
    'Every recording that was made is in the file: the same command goes on, and makes none twice',
  )
  try {
    const open = await openPlan(reading, readInput(file), file)
    const before = progressOf(open)
    if (!json)
      say([
        `plan     ${before.recorded} of ${before.of} recorded in the store${open.gone.size > 0 ? `; gone or changed since it was made, and left out: ${open.gone.size} of its cases` : ''}`,
        `budget   ${[budget.calls === null ? [] : `${budget.calls} recordings`, budget.cents === null ? [] : `${budget.cents} cents`].flat().join(' and ')} in all, with what ${out} holds already`,
        `price    ${priceText(open.plan.price)}, when the cases of the plan were served`,
        `runs     ${recorder} as your own code, with your rights and your network: nothing holds it but ${o.limitMs} ms a case`,
      ])
    const concurrency = o.concurrency ?? Math.min(MOST_AT_ONCE, availableParallelism())
    const report = await recordAlone(writing, open.plan.digest, thisProcess(), async () => {
      const kept = recordedFile(out)
      try {
        return await recordPlan(reading, open, kept, { module, budget, concurrency, limitMs: o.limitMs })
      } finally {
        kept.close()
      }
    })
    const imported =
      report.calls > report.failed.length ? await importPlanned(writing, open, [out], thisProcess(), reading) : null
    const { recorded, of } = imported ?? before
    print(json, { ...report, stored: imported?.stored ?? 0, recorded, of, file: out }, () => [
      ...recordLines(report),
      `stored   ${imported?.stored ?? 0} runs (${imported?.unchanged ?? 0} were there already); ${recorded} of ${of} recorded`,
      ...(recorded < of
        ? [`go on    ${againWith(file, of, { ...o, with: recorder })}`]
        : [`go on    ${nextCommand(o, ['run', '--target', 'TARGET'])}`]),
    ])
    return recorded < of ? 3 : 0
  } finally {
    ended()
    close()
  }
}

/** The same command with more to spend: what may be spent in cents is for a person to say. */
const againWith = (file: string, calls: number, o: StoreOptions & Pick<Options, 'with' | 'cents' | 'calls'>): string =>
  nextCommand(o, [
    'record',
    file,
    '--with',
    o.with,
    ...(o.cents === undefined ? [] : ['--cents', 'CENTS']),
    ...(o.calls === undefined ? [] : ['--calls', String(calls)]),
  ])
