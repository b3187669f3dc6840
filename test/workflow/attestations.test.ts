/** What a deployment signs, function by function under their policies: the statements of a folder, under keys that never leave it. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#ports'
import { Envelope } from '#schemas/envelope.ts'
import { keys as objectKeys } from '#schemas/s3-keys.ts'
import { signAttestations } from '../../functions/steps/attest/sign.ts'
import { verifyAttestations } from '../../functions/steps/attest/verify.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { advance, approve, certified, produce, start } from '../steps/release/support.ts'
import { memory, twin } from '../steps/stores.ts'
import { aKey, aKeyFile, aSigner } from '../support/attest.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { deploy } from '../support/workflow/deployed.ts'

const NOW = '2026-12-01T00:00:00.000Z'
const attestors = { gate: aSigner('p256'), review_decision: aSigner('p256'), promotion: aSigner('p256') }
const ben = aSigner()
const KEYS = aKeyFile(
  aKey(attestors.gate, 'Autotune gate', 'gate'),
  aKey(attestors.review_decision, 'Autotune desk', 'reviewer'),
  aKey(ben, 'ben', 'reviewer'),
  aKey(attestors.promotion, 'Autotune release', 'release'),
)
const SIGNERS = ['AttestationsGate', 'AttestationsDecisions', 'AttestationsPromotions']
const recompute = async () => ({ scope: 'gate', version: '0.3.0' })

const said = async (store: Store) => {
  const found: Record<string, string> = {}
  for await (const key of store.objects.list('attestations/'))
    found[key] = Buffer.from(Envelope.parse(await readJson(store.objects, key)).payload, 'base64').toString()
  return found
}

describe('attestations of a deployment', () => {
  let base: Store
  beforeAll(async () => {
    base = journaled(memory())
    await approve(await certified(base), 'r')
    await start(base)
    await produce(base)
    await advance(base)
  }, 60_000)
  const deployed = async () => {
    const store = await twin(base)
    return { store, world: deploy(store, { attestors, templates: templatesOf({ attestations: 'on' }) }) }
  }

  it('say what those of a folder say, each kind under its own key, and once', async () => {
    const { store, world } = await deployed()
    const made = []
    for (const name of SIGNERS) made.push(await world.call(name, { source: 'aws.states' }))
    expect(made).toEqual([
      { signed: 1, refused: [] },
      { signed: 2, refused: [] },
      { signed: 2, refused: [] },
    ])
    const here = await twin(base)
    for (const attestor of Object.values(attestors))
      await signAttestations(here, { runId: 'r', attestor, keys: KEYS, recompute })
    const { [objectKeys.attestation('r', 'verification', 1)]: recomputed, ...others } = await said(here)
    expect(recomputed).toBeDefined()
    expect(await said(store)).toEqual(others)
    for (const name of SIGNERS) expect(await world.call(name, {})).toEqual({ signed: 0, refused: [] })
  }, 60_000)

  it('are enough with those of people, who add theirs', async () => {
    const { store, world } = await deployed()
    for (const name of SIGNERS) await world.call(name, {})
    const verdictsOf = async () =>
      (await verifyAttestations(store, 'r', KEYS, NOW)).attestations.map(({ name, verdict }) => [name, verdict])
    expect(await verdictsOf()).toEqual([
      ['gate', 'holds'],
      ['verification', 'short'],
      ['decision-1-1', 'short'],
      ['decision-1-2', 'short'],
      ['promotion-0000', 'holds'],
      ['promotion-0001', 'holds'],
    ])
    for (const attestor of [ben, attestors.gate])
      await signAttestations(store, { runId: 'r', attestor, keys: KEYS, recompute })
    expect((await verifyAttestations(store, 'r', KEYS, NOW)).verdict).toBe('holds')
  }, 60_000)

  it('are none over a store that is not what its journal says', async () => {
    const { store, world } = await deployed()
    const key = objectKeys.autotuneRun('r', 'manifest.json')
    await store.objects.put(key, Buffer.from('{}'))
    for (const name of SIGNERS) await expect(world.call(name, {})).rejects.toThrow('journal of heads')
    expect(await said(store)).toEqual({})
  }, 60_000)

  it('are refused by name where somebody put an envelope in the way, and it is told to whoever verifies', async () => {
    const { store, world } = await deployed()
    await world.call('AttestationsGate', {})
    const envelope = (await store.objects.get(objectKeys.attestation('r', 'gate', 1)))!
    const hiding = objectKeys.attestation('r', 'gate', 7)
    await store.objects.put(hiding, envelope)
    expect(await world.call('AttestationsGate', {})).toEqual({ signed: 0, refused: ['r'] })
    await expect(verifyAttestations(store, 'r', KEYS, NOW)).rejects.toThrow('named as if it held another number')
  }, 60_000)
})
