/** The evaluators of a pinned suite: one pure check each, from a replayed case to a score, a status and findings. */
import type { Evaluator, EvaluatorVerdict } from '#schemas/suite.ts'
import type { Replayed } from '../replay/transcript.ts'
import { checkOf } from './checks/table.ts'

/** What one evaluator says of one replayed case. */
export const evaluate = (evaluator: Evaluator, replayed: Replayed): EvaluatorVerdict => ({
  evaluator_id: evaluator.evaluator_id,
  evaluator_version: evaluator.evaluator_version,
  ...checkOf(evaluator).judge(replayed, evaluator as never),
})
