/** What the functions of the rollout work with: the store, and the key that artifacts are signed under. */
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { ENV } from '#schemas/env-names.ts'
import type { Signer } from '../ports.ts'
import { type Environment, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface RolloutWorld extends StoreWorld {
  readonly signer: Signer
}

export const openRolloutWorld = (env: Environment = process.env): RolloutWorld => ({
  ...openStoreWorld(env),
  signer: kmsMac({ client: new KMSClient(), key: need(env, ENV.releaseKey) }),
})
