/** Reads what recurs on the search side of an intent; what people corrected later is counted as a run would count it. */

import { familyHash } from '#core/experience/index-line.ts'
import { insightsOf, type SeenRun } from '#core/insight/insights.ts'
import { sightingsOf } from '#core/insight/observe-run.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { Insight } from '#schemas/insight.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Store } from '../../ports.ts'
import { measuredBy } from '../cadence/slice-rows.ts'
import { compileIntent } from '../experience/compile.ts'
import { readIndex } from '../experience/run-index.ts'
import { judgingWith } from '../replay/verdicts.ts'

/** Insights of an intent from its recorded runs. Throws UserError where its suite is not in the store. */
export async function readInsights(store: Store, of: IntentBands, least: number): Promise<Insight[]> {
  const { suite, prices } = await measuredBy(store, of)
  const dates = new Map<string, string | null>()
  for await (const { run_id, date } of readIndex(store, of.intent)) dates.set(run_id, date)
  const runs: SeenRun[] = []
  const judge = judgingWith(store.verdicts, 'search')
  for await (const line of compileIntent(store, of.intent)) {
    const { family_id, recordings } = JSON.parse(line) as ReplayCase
    // What recurs is what was served.
    for (const recording of recordings.filter(({ plan }) => plan === undefined))
      runs.push({
        run_id: recording.run_id,
        family: familyHash(family_id),
        date: dates.get(recording.run_id) ?? null,
        attributes: recording.attributes,
        sightings: await judge(suite, () => sightingsOf(recording, of.intent, suite, prices)),
      })
  }
  return insightsOf(of.intent, runs, least)
}
