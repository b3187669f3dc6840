/** Check `recorded_outcome`: the run failed, or a value that its outcome rests on is gone. */
import { labelOf } from '../label.ts'
import type { Check } from './check.ts'
import { OUTCOME_LACKS, outcomeOf, resultExposure } from './lost-outcome.ts'
import { OF_CONTEXT } from './rows.ts'

export const recordedOutcome: Check<'recorded_outcome'> = {
  judge: (r) => outcomeOf(r, ({ passed }) => (passed === null ? null : passed ? 1 : 0)),
  look: (r) => resultExposure(r, labelOf(r).passed),
  breaks: OF_CONTEXT,
  lacks: OUTCOME_LACKS,
  readsLabel: () => true,
  ofRecord: () => true,
}
