/** The kill switch: everyone is on the whole prior tuple again when this returns. Twice is once. Called by a person. */
import type { Moved } from '#core/release/rollout.ts'
import { HandInput } from '#schemas/rollout-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { openRolloutWorld, type RolloutWorld } from '../lambda/rollout-world.ts'
import type { OpenStep } from '../lambda/step.ts'
import { stopRollout as stop } from '../steps/release/advance.ts'

export const stopRolloutFunction: OpenStep<HandInput, Moved, RolloutWorld> = {
  name: 'stop-rollout',
  input: HandInput,
  about: ({ rollout_id }) => ({ rollout: rollout_id }),
  async work({ rollout_id, ...hand }, { store, signer }) {
    return await stop(store, signer, rollout_id, hand)
  },
}

export const handler = handlerOver(stopRolloutFunction, openRolloutWorld)
