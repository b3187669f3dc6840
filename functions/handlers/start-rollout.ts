/** Starts the rollout of an approved proposal, or finds the one that stands: version, tuples, replayed way back, stage one. */
import type { RolloutConfig } from '#schemas/release.ts'
import { type RolloutState, StartRolloutInput } from '#schemas/rollout-payloads.ts'
import { UserError } from '../errors.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { openRolloutWorld, type RolloutWorld } from '../lambda/rollout-world.ts'
import type { OpenStep } from '../lambda/step.ts'
import { rolloutState } from '../lambda/workflow-state.ts'
import { startRunRollout } from '../steps/release/start.ts'
import { baselineOnly } from '../steps/replay/reproduce.ts'
import { proposalOf } from '../steps/review/opening.ts'

export const startRolloutFunction: OpenStep<StartRolloutInput, RolloutState, RolloutWorld> = {
  name: 'start-rollout',
  input: StartRolloutInput,
  about: ({ run_id }) => ({ run: run_id }),
  async work({ run_id, configs }, world) {
    const { store, signer } = world
    const verdicts = verdictsOf(world, 'wholeSet')
    const { intent } = (await proposalOf(store, run_id)).proposal.target
    const config = configs.find(({ intents }) => intents.includes(intent))?.config as RolloutConfig | undefined
    if (!config)
      throw new UserError(`no rollout of intent "${intent}" is configured: deploy with its file in the rollouts folder`)
    return rolloutState(
      await startRunRollout({ ...store, verdicts }, baselineOnly({ verdicts }), signer, { runId: run_id, config }),
    )
  },
}

export const handler = handlerOver(startRolloutFunction, openRolloutWorld)
