/** Gives a paused stage a new deadline. Called by a person; what was missing is looked for again at the next look. */
import { HandInput, type RolloutState } from '#schemas/rollout-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { openRolloutWorld, type RolloutWorld } from '../lambda/rollout-world.ts'
import type { OpenStep } from '../lambda/step.ts'
import { rolloutState } from '../lambda/workflow-state.ts'
import { resumeRollout as resume } from '../steps/release/advance.ts'

export const resumeRolloutFunction: OpenStep<HandInput, RolloutState, RolloutWorld> = {
  name: 'resume-rollout',
  input: HandInput,
  about: ({ rollout_id }) => ({ rollout: rollout_id }),
  async work({ rollout_id, ...hand }, { store, signer }) {
    return rolloutState((await resume(store, signer, rollout_id, hand)).item)
  },
}

export const handler = handlerOver(resumeRolloutFunction, openRolloutWorld)
