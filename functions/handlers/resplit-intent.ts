/** Splits an intent anew. The sealer's work: it draws the key, ends sealed versions, and opens what the new key does not hold out. */
import { randomBytes } from 'node:crypto'
import { type ResplitDone, ResplitInput } from '#schemas/cadence-payloads.ts'
import { sealedOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { SealedStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { resplitIntent } from '../steps/cadence/resplit.ts'
import { importAlone } from '../steps/experience/import-lock.ts'

export const resplitIntentFunction: SealedStep<ResplitInput, ResplitDone, StoreWorld> = {
  name: 'resplit-intent',
  sealed: 'sealer',
  input: ResplitInput,
  async work({ intent, by }, { store }) {
    // One that was cut off is gone when the same step is tried again; any other holder may be at work.
    const name = `resplit of ${intent}`
    const holder = { name, isAlive: (other: string) => (other === name ? false : null) }
    const { date, epoch } = await importAlone(store, holder, () =>
      resplitIntent(store, intent, by, () => randomBytes(32).toString('hex')),
    )
    return { intent, date, epoch }
  },
}

export const handler = sealedOver(resplitIntentFunction, () => openStoreWorld(process.env, signed))
