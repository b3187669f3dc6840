/** What the report of a run tells, read over a store on this machine: of the verb and of the workbench alike. */
import type { ReportFacts } from '#core/report/facts.ts'
import { readReport } from '../steps/report/read-report.ts'
import { openEngine, optionsOf } from './engine.ts'
import type { LocalStore } from './open-store.ts'

/** Facts of a finished run, for which what was recorded is replayed; null: there is no such run. */
export async function localReport(store: LocalStore, run: string): Promise<ReportFacts | null> {
  // A harness is never started for a report: what it answered stands in the run.
  const engine = await openEngine(store, '', optionsOf(undefined))
  try {
    return await readReport(store, engine, run)
  } finally {
    engine.close()
  }
}
