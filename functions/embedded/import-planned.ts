/** `autotune import --plan`: native runs that were recorded for a plan, each held against it before any of them is stored. */
import { ImportError, problemLines } from '#adapters/local/import/import-error.ts'
import { toNativeRun } from '#adapters/local/import/native-run.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { prepareRuns } from '#core/experience/prepared-run.ts'
import { plannedUnder, withMarks } from '#core/plan/planned-run.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { UserError } from '../errors.ts'
import type { Holder, RunLoader, Store } from '../ports.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { type IngestReport, ingestPrepared } from '../steps/experience/ingest.ts'
import { parseRecord } from '../steps/experience/parse.ts'
import { runLoader } from '../steps/experience/run-loader.ts'
import { fixedSplit } from '../steps/experience/split-rule.ts'
import { type OpenPlan, progressOf } from '../steps/plan/open-plan.ts'

/** Problems that are told at once. */
const MOST_PROBLEMS = 20

export interface PlannedReport extends IngestReport {
  /** Recordings of the plan that are there now, and all that it has. */
  readonly recorded: number
  readonly of: number
  /** Planned cases that are not on the search side any more as they were. */
  readonly gone: number
}

/** Stores the runs of some files. Any problem refuses them all; nothing is written then. */
export async function importPlanned(
  store: Store,
  open: OpenPlan,
  files: readonly string[],
  holder: Holder,
): Promise<PlannedReport> {
  return await importAlone(store, holder, async (check) => {
    const rule = await fixedSplit(store)
    if (!rule) throw new UserError('nothing is recorded in this store: a plan is about what is')
    const served = servedRuns(store, open)
    const source = async function* (): AsyncGenerator<IncomingRun> {
      const problems: ImportError[] = []
      let runs = 0
      for await (const found of plannedRuns(files, open, served)) {
        if (found instanceof ImportError) problems.push(found)
        if (problems.length === MOST_PROBLEMS) break
        if (found instanceof ImportError || problems.length > 0) continue
        runs++
        yield* prepareRuns([found], rule.key)
      }
      if (problems.length > 0) throw new UserError(`nothing was imported:\n${problemLines(problems).join('\n')}`)
      if (runs === 0) throw new UserError(`${files.join(', ')}: no record became a run (the file is empty)`)
    }
    const report = await ingestPrepared(store, source(), rule, { check, planned: true })
    return { ...report, ...progressOf(open), gone: open.gone.size }
  })
}

/** Served runs of planned cases, read when they are asked for. */
export function servedRuns(store: Store, { plan }: OpenPlan): RunLoader {
  return runLoader(store, [store.objects], plan.intent)
}

/** Each record as a run of the plan, marked with it, or what is wrong with it. What is taken counts as recorded from then on. */
async function* plannedRuns(
  files: readonly string[],
  open: OpenPlan,
  served: RunLoader,
): AsyncGenerator<ExperienceRun | ImportError> {
  for (const file of files)
    for await (const { line, text } of readJsonl(file)) {
      const wrong = (field: string | null, problem: string, todo: string) =>
        new ImportError({ file, line, field, problem, todo })
      const value = recordIn(text, file)
      if (value instanceof UserError) {
        yield wrong(
          null,
          value.message.replace(`${file} `, 'the line '),
          'Mend the line; every line is one JSON object',
        )
        continue
      }
      const native = toNativeRun(value)
      if (native.kind === 'invalid') {
        yield wrong(native.field, native.problem, 'With --plan every line is one native run (docs/native-run.md)')
        continue
      }
      const found = await heldAgainst(native.run, open, served)
      if ('run_id' in found) yield found
      else yield wrong(found.field, found.problem, `Leave it out, or record it as the plan says`)
    }
}

function recordIn(text: string, file: string): unknown {
  try {
    return parseRecord(text, file)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

/** A run with the mark of its plan, or the field that keeps it from being a recording of it. */
export async function heldAgainst(
  run: ExperienceRun,
  { plan, cases, gone }: OpenPlan,
  served: RunLoader,
): Promise<ExperienceRun | { readonly field: string; readonly problem: string }> {
  const planned = cases.get(run.case_id)
  if (!planned)
    return {
      field: 'case_id',
      problem: gone.has(run.case_id)
        ? `case "${run.case_id}" is not on the search side any more as it was when the plan was made`
        : `case "${run.case_id}" is not planned`,
    }
  const before = await served(planned.served)
  const found = plannedUnder(run, before, planned.wanted, plan.digest)
  if (!('settings_id' in found)) return found
  const by = planned.recorded.get(found.settings_id)
  if (by !== undefined && by !== run.run_id)
    return { field: 'run_id', problem: `this case is recorded under ${found.settings_id} already, by run ${by}` }
  planned.recorded.set(found.settings_id, run.run_id)
  return { ...withMarks(run, before), plan: plan.digest }
}
