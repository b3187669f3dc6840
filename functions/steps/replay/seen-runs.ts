/** What each recorded run of some case lines says of itself: what insights are made of, wherever the lines come from. */
import { familyHash } from '#core/experience/index-line.ts'
import type { SeenRun } from '#core/insight/insights.ts'
import { sightingsOf } from '#core/insight/observe-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Lines, Store } from '../../ports.ts'
import { judgingWith } from './verdicts.ts'

/** By what runs are judged. `dates`: day of each run, where it is known. */
interface SeenBy {
  readonly intent: string
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  readonly dates: ReadonlyMap<string, string | null>
}

/** Every recorded run, in the order of the lines; `see` is shown each case. */
export async function seenRuns(
  { verdicts }: Pick<Store, 'verdicts'>,
  lines: Lines,
  { intent, suite, prices, dates }: SeenBy,
  see: (replayCase: ReplayCase) => void = () => {},
): Promise<SeenRun[]> {
  const runs: SeenRun[] = []
  const judge = judgingWith(verdicts, 'search')
  for await (const line of lines) {
    const replayCase = JSON.parse(line) as ReplayCase
    see(replayCase)
    // What recurs is what was served.
    for (const recording of replayCase.recordings.filter(({ plan }) => plan === undefined))
      runs.push({
        run_id: recording.run_id,
        family: familyHash(replayCase.family_id),
        date: dates.get(recording.run_id) ?? null,
        attributes: recording.attributes,
        sightings: await judge(suite, () => sightingsOf(recording, intent, suite, prices)),
      })
  }
  return runs
}
