/** What the functions of the rollout work with: the store, the key that artifacts are signed under, where routing goes. */
import { AppConfigClient } from '@aws-sdk/client-appconfig'
import { KMSClient } from '@aws-sdk/client-kms'
import { appConfigRouting } from '#adapters/aws/appconfig-routing.ts'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { allOf, objectRouting } from '#adapters/delivery/object-routing.ts'
import { ENV } from '#schemas/env-names.ts'
import { formsOf } from '#schemas/forms.ts'
import type { ObjectStore, RoutingPublisher, Signer } from '../ports.ts'
import { signed } from './signed-store.ts'
import { type Environment, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface RolloutWorld extends StoreWorld {
  readonly signer: Signer
}

export function openRolloutWorld(env: Environment = process.env): RolloutWorld {
  const { store, ...judging } = openStoreWorld(env, signed)
  const places = env[ENV.appConfig]
  const appConfig = places ? appConfigRouting({ client: new AppConfigClient(), places: JSON.parse(places) }) : null
  const routing = waysOut(env, store.releases, appConfig)
  return {
    ...judging,
    store: routing ? { ...store, routing } : store,
    signer: kmsMac({ client: new KMSClient(), key: need(env, ENV.releaseKey) }),
  }
}

/** Everything that a deployment publishes routing to, the releases aside; null: nothing. */
export function waysOut(
  env: Environment,
  releases: ObjectStore,
  appConfig: RoutingPublisher | null,
): RoutingPublisher | null {
  const forms = env[ENV.deliver] ? formsOf(need(env, ENV.deliver)) : []
  const publishers = [...(appConfig ? [appConfig] : []), ...forms.map((form) => objectRouting(form, releases))]
  return publishers.length === 0 ? null : allOf(publishers)
}
