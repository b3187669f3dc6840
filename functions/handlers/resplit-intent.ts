/** Splits an intent anew. The sealer's work: it draws the key, ends sealed versions, and opens what the new key does not hold out. */
import { randomBytes } from 'node:crypto'
import { type ResplitDone, ResplitInput } from '#schemas/cadence-payloads.ts'
import { sealedOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { SealedStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { resplitIntent } from '../steps/cadence/resplit.ts'

export const resplitIntentFunction: SealedStep<ResplitInput, ResplitDone, StoreWorld> = {
  name: 'resplit-intent',
  sealed: 'sealer',
  input: ResplitInput,
  async work({ intent, by }, { store }) {
    const { date, epoch } = await resplitIntent(store, intent, by, () => randomBytes(32).toString('hex'))
    return { intent, date, epoch }
  },
}

export const handler = sealedOver(resplitIntentFunction, () => openStoreWorld(process.env, signed))
