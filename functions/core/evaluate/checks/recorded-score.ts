/** Check `recorded_score`: a graded outcome is below 1 where nothing says passed, or a value that it rests on is gone. */
import { labelOf } from '../label.ts'
import type { Check } from './check.ts'
import { OUTCOME_LACKS, outcomeOf, resultExposure } from './lost-outcome.ts'
import { OF_CONTEXT } from './rows.ts'

export const recordedScore: Check<'recorded_score'> = {
  judge: (r) => outcomeOf(r, ({ score }) => score),
  look: (r) => resultExposure(r, labelOf(r).score),
  breaks: OF_CONTEXT,
  lacks: OUTCOME_LACKS,
  readsLabel: () => true,
  ofRecord: () => true,
}
