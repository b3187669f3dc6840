/** The evaluators of a pinned suite: one pure check each, from a replayed case to a score, a status and findings. */
import type { Evaluator, EvaluatorVerdict } from '#schemas/suite.ts'
import type { Replayed } from '../replay/transcript.ts'
import { unmeasured, type Verdict } from './checks/check.ts'
import { CHECKS } from './checks/table.ts'

/** What judges, by check: one table of functions is looked up faster than so many objects of other shapes (measured, 5 %). */
const JUDGES = Object.fromEntries(
  Object.entries(CHECKS).map(([check, { judge }]) => [check, judge]),
) as unknown as Readonly<Record<Evaluator['check'], (replayed: Replayed, evaluator: never) => Verdict>>

/** What one evaluator says of one replayed case. Of a model's new words it says nothing that was said of the recorded ones. */
export const evaluate = (evaluator: Evaluator, replayed: Replayed): EvaluatorVerdict => ({
  evaluator_id: evaluator.evaluator_id,
  evaluator_version: evaluator.evaluator_version,
  ...(replayed.live && isOfRecord(evaluator)
    ? unmeasured('what was said of the recorded words says nothing of a live answer')
    : JUDGES[evaluator.check](replayed, evaluator as never)),
})

/** Does an evaluator repeat what was said of the recorded run? */
export const isOfRecord = (evaluator: Evaluator): boolean =>
  CHECKS[evaluator.check].ofRecord?.(evaluator as never) === true
