/** Looks at production, and moves the rollout one step: forward, into a pause, or back to the whole tuple before. */
import { RolloutInput, type RolloutState } from '#schemas/rollout-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { openRolloutWorld, type RolloutWorld } from '../lambda/rollout-world.ts'
import type { OpenStep } from '../lambda/step.ts'
import { rolloutState } from '../lambda/workflow-state.ts'
import { advanceRollout } from '../steps/release/advance.ts'

export const evaluateStageFunction: OpenStep<RolloutInput, RolloutState, RolloutWorld> = {
  name: 'evaluate-stage',
  input: RolloutInput,
  about: ({ rollout_id }) => ({ rollout: rollout_id }),
  async work({ rollout_id }, { store, signer }) {
    return rolloutState((await advanceRollout(store, signer, rollout_id)).item)
  },
}

export const handler = handlerOver(evaluateStageFunction, openRolloutWorld)
