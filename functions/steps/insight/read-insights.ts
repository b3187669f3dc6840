/** Reads what recurs on the search side of an intent; what people corrected later is counted as a run would count it. */

import { insightsOf } from '#core/insight/insights.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { Insight } from '#schemas/insight.ts'
import type { Store } from '../../ports.ts'
import { measuredBy } from '../cadence/slice-rows.ts'
import { compileIntent } from '../experience/compile.ts'
import { readIndex } from '../experience/run-index.ts'
import { seenRuns } from '../replay/seen-runs.ts'

/** Insights of an intent from its recorded runs. Throws UserError where its suite is not in the store. */
export async function readInsights(store: Store, of: IntentBands, least: number): Promise<Insight[]> {
  const { suite, prices } = await measuredBy(store, of)
  const dates = new Map<string, string | null>()
  for await (const { run_id, date } of readIndex(store, of.intent)) dates.set(run_id, date)
  const seen = { intent: of.intent, suite, prices, dates }
  return insightsOf(of.intent, await seenRuns(store, compileIntent(store, of.intent), seen), least)
}
