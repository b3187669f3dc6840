/** The kill switch: everyone is on the whole prior tuple again when this returns. Twice is once. Called by a person. */
import { HandInput, type RolloutState } from '#schemas/rollout-payloads.ts'
import { handlerOver, type OpenStep } from '../shared/make-handler.ts'
import { rolloutState } from '../shared/rollout-state.ts'
import { openRolloutWorld, type RolloutWorld } from '../shared/rollout-world.ts'
import { stopRollout as stop } from '../steps/release/advance.ts'

export const stopRollout: OpenStep<HandInput, RolloutState, RolloutWorld> = {
  name: 'stop-rollout',
  input: HandInput,
  about: ({ rollout_id }) => ({ rollout: rollout_id }),
  async work({ rollout_id, ...hand }, { store, signer }) {
    return rolloutState((await stop(store, signer, rollout_id, hand)).item)
  },
}

export const handler = handlerOver(stopRollout, openRolloutWorld)
