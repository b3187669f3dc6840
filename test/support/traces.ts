/** Files of traces as an import reads them, without a store. */
import { ImportError } from '#adapters/local/import/import-error.ts'
import { DEFAULT_OPTIONS, type TraceOptions } from '#core/traces/options.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { type TraceImport, type TracesReport, traceRuns } from '../../functions/embedded/trace-runs.ts'
import { memoryScratch } from './memory-scratch.ts'

/** Long after every trace of the tests; nothing waited. */
export const SETTLED = { now: '2030-01-01T00:00:00.000Z', waited: [], keep: () => {} }

interface How extends Partial<Omit<TraceImport, 'options'>> {
  readonly options?: Partial<TraceOptions>
}

/** Every run of some files and what was counted; a trace that is refused by name is thrown. */
export async function readTraceFiles(
  files: readonly string[],
  { from = null, options = {}, maxDropped = 1, allowCut = false }: How = {},
): Promise<{ readonly runs: readonly ExperienceRun[]; readonly report: TracesReport }> {
  const runs: ExperienceRun[] = []
  let report: TracesReport | null = null
  const how = { from, options: { ...DEFAULT_OPTIONS, ...options }, maxDropped, allowCut }
  const tell = (told: TracesReport) => {
    report = told
  }
  for await (const run of traceRuns(files, how, memoryScratch, tell, SETTLED)) {
    if (run instanceof ImportError) throw run
    runs.push(run)
  }
  return { runs, report: report! as TracesReport }
}
