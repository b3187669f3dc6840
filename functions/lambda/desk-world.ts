/** What the functions of the review desk work with: the store, and the key that links are signed under. */
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { ENV } from '#schemas/env-names.ts'
import type { Signer } from '../ports.ts'
import { type Environment, type Ledger, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface DeskWorld extends StoreWorld {
  readonly code: Signer
}

export const openDeskWorld = (env: Environment = process.env, ledger?: Ledger): DeskWorld => ({
  ...openStoreWorld(env, ledger),
  code: kmsMac({ client: new KMSClient(), key: need(env, ENV.linkKey) }),
})
