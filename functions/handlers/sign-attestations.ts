/** Signs what a deployment decided, under the key of one role: after a run, a review or a rollout ended, and once a day. */
import * as z from 'zod/mini'
import { kmsAttestor } from '#adapters/aws/kms-attestor.ts'
import { ENV } from '#schemas/env-names.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { need, openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import type { Attestor } from '../ports.ts'
import { type AllSigned, type SignedByDeployment, signAll } from '../steps/attest/sign-all.ts'

interface AttestWorld extends StoreWorld {
  /** What this role signs. */
  readonly attests: SignedByDeployment
  /** Its key. */
  readonly attestor: () => Promise<Attestor>
}

export const signAttestationsFunction: OpenStep<unknown, AllSigned, AttestWorld> = {
  name: 'sign-attestations',
  // Whatever ended: the store says what is to be signed.
  input: z.unknown(),
  about: () => ({}),
  outcome: ({ signed: count, refused }) => ({ says: { signed: count, refused } }),
  work: async (_event, { store, attests, attestor }) => signAll(store, await attestor(), attests),
}

export const handler = handlerOver(signAttestationsFunction, () => ({
  ...openStoreWorld(process.env, signed),
  attests: need(process.env, ENV.attests) as SignedByDeployment,
  attestor: () => kmsAttestor(need(process.env, ENV.attestKey)),
}))
