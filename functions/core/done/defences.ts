/** What stands in the way of the attacks: the very functions of the loop. A test puts a broken one in their place and sees the attack get through. */
import { mixedSuite } from '../contract/mixed-suite.ts'
import { sevenQuestions } from '../contract/questions.ts'
import { startRollout } from '../release/rollout.ts'
import { openReview } from '../review/review.ts'
import { radiusBlock } from '../space/blast-radius.ts'
import { boundedChange } from '../space/validate.ts'

export const DEFENCES = { sevenQuestions, mixedSuite, boundedChange, radiusBlock, openReview, startRollout }
export type Defences = typeof DEFENCES
