/** `autotune import --plan`: native runs that were recorded for a plan, each held against it before any of them is stored. */
import type { TextLine } from '#adapters/local/carriers/text-lines.ts'
import { ImportError, soundRecords } from '#adapters/local/import/import-error.ts'
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
import { runLoader } from '../steps/experience/run-loader.ts'
import { fixedSplit } from '../steps/experience/split-rule.ts'
import { type OpenPlan, progressOf } from '../steps/plan/open-plan.ts'
import { type LineProblem, recordIn } from './record-in-line.ts'

interface PlannedReport extends IngestReport {
  /** Recordings of the plan that are there now, and all that it has. */
  readonly recorded: number
  readonly of: number
  /** Planned cases that are not on the search side any more as they were. */
  readonly gone: number
}

/**
 * Stores the runs of some files. Any problem refuses them all; nothing is written then.
 * @param reading who reads the runs that were served, where whoever writes may not
 */
export async function importPlanned(
  store: Store,
  open: OpenPlan,
  files: readonly string[],
  holder: Holder,
  reading: Store = store,
): Promise<PlannedReport> {
  return await importAlone(store, holder, async (check) => {
    const rule = await fixedSplit(store)
    if (!rule) throw new UserError('nothing is recorded in this store: a plan is about what is')
    const served = servedRuns(reading, open)
    const source = async function* (): AsyncGenerator<IncomingRun> {
      let runs = 0
      for await (const run of soundRecords(plannedRuns(files, open, served))) {
        runs++
        yield* prepareRuns([run], rule.key)
      }
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
    for await (const line of readJsonl(file)) {
      const found = await plannedRun(line, file, open, served)
      yield 'run_id' in found ? found : new ImportError({ file, ...found })
    }
}

async function plannedRun(
  line: TextLine,
  file: string,
  open: OpenPlan,
  served: RunLoader,
): Promise<ExperienceRun | LineProblem> {
  const record = recordIn(line, file)
  if ('problem' in record) return record
  const native = toNativeRun(record.value)
  const todo = 'With --plan every line is one native run (docs/native-run.md)'
  if (native.kind === 'invalid') return { line: line.line, field: native.field, problem: native.problem, todo }
  const found = await heldAgainst(native.run, open, served)
  return 'run_id' in found ? found : { line: line.line, ...found, todo: 'Leave it out, or record it as the plan says' }
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
