/** Check `decision_diff`: warns where the recorded decision no longer stands. */
import { exposedWhen } from '../exposures.ts'
import { type Check, pass } from './check.ts'
import { NOTHING_LACKS } from './kept.ts'
import { hasNeeds, lostOutcomeFindings, outcomeIsLost } from './lost-outcome.ts'
import { OF_NOTHING } from './rows.ts'

export const decisionDiff: Check<'decision_diff'> = {
  judge: (r) => (outcomeIsLost(r) ? { score: 0, status: 'warn', findings: lostOutcomeFindings(r) } : pass),
  look: (r) => exposedWhen(hasNeeds(r)),
  breaks: OF_NOTHING,
  ofRecord: () => true,
  lacks: NOTHING_LACKS,
}
