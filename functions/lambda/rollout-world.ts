/** What the functions of the rollout work with: the store, the key that artifacts are signed under, where routing goes. */
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { ROUTING_PUBLISHERS } from '#adapters/aws/routing-services.ts'
import { allOf, objectRouting } from '#adapters/delivery/object-routing.ts'
import { ENV, serviceVariable } from '#schemas/env-names.ts'
import { formsOf } from '#schemas/forms.ts'
import type { ObjectStore, RoutingPublisher, Signer } from '../ports.ts'
import { signed } from './signed-store.ts'
import { type Environment, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface RolloutWorld extends StoreWorld {
  readonly signer: Signer
}

export function openRolloutWorld(env: Environment = process.env): RolloutWorld {
  const { store, ...judging } = openStoreWorld(env, signed)
  const routing = waysOut(env, store.releases)
  return {
    ...judging,
    store: routing ? { ...store, routing } : store,
    signer: kmsMac({ client: new KMSClient(), key: need(env, ENV.releaseKey) }),
  }
}

/** Everything that a deployment publishes routing to, the releases aside; null: nothing. `services`: adapters by name. */
export function waysOut(
  env: Environment,
  releases: ObjectStore,
  services: typeof ROUTING_PUBLISHERS = ROUTING_PUBLISHERS,
): RoutingPublisher | null {
  const told = Object.entries(services).map(([name, open]) => [env[serviceVariable(name)], open] as const)
  const forms = env[ENV.deliver] ? formsOf(need(env, ENV.deliver)) : []
  const publishers = [
    ...told.flatMap(([places, open]) => (places ? [open(places)] : [])),
    ...forms.map((form) => objectRouting(form, releases)),
  ]
  return publishers.length === 0 ? null : allOf(publishers)
}
