/** What stands in the way of the tries. A test puts a broken one in its place and sees the try go through. */
import { assignArm } from '../../release/assign-arm.ts'
import { startRollout } from '../../release/rollout.ts'
import { routingOf } from '../../release/routing.ts'
import { evaluateStage } from '../../release/stage-verdict.ts'
import { decide } from '../../review/review.ts'
import { boundedChange } from '../../space/validate.ts'

export const DEFENCES = { boundedChange, startRollout, evaluateStage, assignArm, routingOf, decide }
