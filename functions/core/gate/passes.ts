/**
 * The two passes of a question that code replays (the held-out gate, "code that replays touches sealed cases only after
 * OPEN"): the bit is the AND of both, so a second pass can only turn a yes into a no.
 */
import { canonical } from '../canonical.ts'
import type { Panel } from '../evaluate/panel.ts'
import { type Series, seriesOf } from '../statistics/series.ts'
import { type CaseScore, measuresIn } from './score.ts'

/** Scores of every sealed case, in panel order, of the first pass and of the second. */
type Passes = readonly [Series<CaseScore>, Series<CaseScore>]

/** Did the code answer every case twice alike, and fail on none? */
export function passesHold({ cases }: Panel, [first, second]: Passes): boolean {
  if (first.length !== cases.length || second.length !== cases.length) return false
  for (let i = 0; i < cases.length; i++) {
    const one = first.at(i)!
    if (one.status === 'failed' || canonical(one) !== canonical(second.at(i)!)) return false
  }
  return true
}

/** The same of its baseline, which must also be judged on every case as it was pinned. */
export function baselineHolds(panel: Panel, passes: Passes): boolean {
  if (!passesHold(panel, passes)) return false
  for (let i = 0; i < panel.cases.length; i++) {
    const [{ measures }, pinned] = [passes[0].at(i)!, panel.baseline.at(i)!]
    if (measures.utility_passed !== pinned.utility_passed || measures.utility_score !== pinned.utility_score)
      return false
  }
  return true
}

/** The sealed panel with what the code itself cost and took under the baseline: its candidates are compared with that. */
export const panelUnder = (panel: Panel, baseline: Series<CaseScore>): Panel => ({
  ...panel,
  baseline: measuresIn(baseline),
})

/** Scores of a candidate beside those of the baseline: a case that came to other measures is not unchanged. */
export const besideBaseline = (baseline: Series<CaseScore>, scores: Series<CaseScore>): Series<CaseScore> =>
  seriesOf(scores.length, (i) => {
    const score = scores.at(i)!
    const isSame = score.status !== 'unchanged' || canonical(score.measures) === canonical(baseline.at(i)!.measures)
    return isSame ? score : { ...score, status: 'replayed' }
  })
