/** Takes what the runtime handed in into the log of its rollout. It writes no release. */
import { type InboxReport, RolloutInput } from '#schemas/rollout-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { recordInbox } from '../steps/release/inbox.ts'

export const recordProductionFunction: OpenStep<RolloutInput, InboxReport, StoreWorld> = {
  name: 'record-production',
  input: RolloutInput,
  about: ({ rollout_id }) => ({ rollout: rollout_id }),
  work: ({ rollout_id }, { store }) => recordInbox(store, rollout_id),
  outcome: ({ recorded, known, refused }) => ({ says: { recorded, known, refused } }),
}

export const handler = handlerOver(recordProductionFunction, () => openStoreWorld(process.env, signed))
