/** What the functions of the rollout work with: the store, the key that artifacts are signed under, where routing goes. */
import { AppConfigClient } from '@aws-sdk/client-appconfig'
import { KMSClient } from '@aws-sdk/client-kms'
import { appConfigRouting } from '#adapters/aws/appconfig-routing.ts'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { ENV } from '#schemas/env-names.ts'
import type { Signer } from '../ports.ts'
import { signed } from './signed-store.ts'
import { type Environment, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface RolloutWorld extends StoreWorld {
  readonly signer: Signer
}

export function openRolloutWorld(env: Environment = process.env): RolloutWorld {
  const { store, ...judging } = openStoreWorld(env, signed)
  const places = env[ENV.appConfig]
  const routing = places && appConfigRouting({ client: new AppConfigClient(), places: JSON.parse(places) })
  return {
    ...judging,
    store: routing ? { ...store, routing } : store,
    signer: kmsMac({ client: new KMSClient(), key: need(env, ENV.releaseKey) }),
  }
}
