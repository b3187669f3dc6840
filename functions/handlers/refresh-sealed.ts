/** Counts what there is to seal anew of each intent. The sealer's work: nobody else lists the vault. Writes nothing. */
import { type Refreshed, RefreshInput } from '#schemas/cadence-payloads.ts'
import { sealedOver } from '../lambda/make-handler.ts'
import type { SealedStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { refreshOf } from '../steps/cadence/refresh.ts'

export const refreshSealedFunction: SealedStep<RefreshInput, Refreshed, StoreWorld> = {
  name: 'refresh-sealed',
  sealed: 'sealer',
  input: RefreshInput,
  async work({ intents }, { store: { rolesApart: _, ...store } }) {
    const refreshed: Refreshed = []
    for (const intent of intents) refreshed.push({ intent, refresh: await refreshOf(store, intent) })
    return refreshed
  },
}

export const handler = sealedOver(refreshSealedFunction, openStoreWorld)
