/** From a certified run to a release: what is signed, by whom, and what is noticed afterwards. */
import { beforeAll, describe, expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import type { Attestor, Store } from '#ports'
import { Envelope } from '#schemas/envelope.ts'
import { PartProposalFile } from '#schemas/part-proposal.ts'
import { keys as objectKeys } from '#schemas/s3-keys.ts'
import { signAttestations } from '../../../functions/steps/attest/sign.ts'
import { verifyAttestations } from '../../../functions/steps/attest/verify.ts'
import { publishDocument } from '../../../functions/steps/experience/documents.ts'
import { filePart } from '../../../functions/steps/release/file-part.ts'
import { baselineOnly } from '../../../functions/steps/replay/reproduce.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readJson, readText } from '../../../functions/streams/read-object.ts'
import { aKey, aKeyFile, aSigner } from '../../support/attest.ts'
import { aPartFile, aTarget, aWorld, REFS } from '../../support/builders.ts'
import { advance, approve, certified, ID, produce, start } from '../release/support.ts'
import { contents, memory, run, stocked, twin } from '../stores.ts'

const NOW = '2026-12-01T00:00:00.000Z'
const [ci, ana, ben, rel] = [aSigner('p256'), aSigner(), aSigner(), aSigner()]
const KEYS = aKeyFile(
  aKey(ci, 'ci', 'gate'),
  aKey(ana, 'ana', 'reviewer'),
  aKey(ben, 'ben', 'reviewer'),
  aKey(rel, 'rel', 'release'),
)
const recompute = async () => ({ scope: 'gate', version: '0.3.0' })
const sign = (store: Store, attestor: Attestor, keys = KEYS) =>
  signAttestations(store, { runId: 'r', attestor, keys, recompute })
const verify = (store: Store, keys = KEYS) => verifyAttestations(store, 'r', keys, NOW)
const envelope = async (store: Store, name: string, n: number) =>
  Envelope.parse(await readJson(store.objects, objectKeys.attestation('r', name, n)))
const said = async (store: Store, name: string, n = 1) =>
  JSON.parse(Buffer.from((await envelope(store, name, n)).payload, 'base64').toString())

/** A proposal that was approved, brought one stage forward and rolled back; signed by everybody. */
let made: Store
beforeAll(async () => {
  made = await certified()
  await approve(made, 'r')
  await start(made)
  await produce(made)
  await advance(made)
  await produce(made, { measure: () => ({ policy_violation: true }) })
  expect((await advance(made)).record?.verdict).toBe('rolled_back')
  for (const signer of [ci, ana, ben, rel]) await sign(made, signer)
})

describe('a proposal from its gate to its rollback', () => {
  test('is attested by those whose roles sign each part, and all of it holds', async () => {
    const { verdict, attestations } = await verify(made)
    expect(attestations.map(({ name, kind, signatures }) => [name, kind, signatures.map((s) => s.person)])).toEqual([
      ['gate', 'gate', ['ci']],
      ['verification', 'verification', ['ci']],
      ['decision-1-1', 'review_decision', ['ana', 'ben']],
      ['decision-1-2', 'review_decision', ['ana', 'ben']],
      ['promotion-0000', 'promotion', ['rel']],
      ['promotion-0001', 'promotion', ['rel']],
      ['promotion-0002', 'promotion', ['rel']],
    ])
    expect(verdict).toBe('holds')
  })

  test('is told in predicates that others know, about files by their SHA-256', async () => {
    const proposal = {
      name: 'autotune/runs/r/selected-proposal.json',
      digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    }
    expect(await said(made, 'gate')).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [proposal],
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { result: 'PASSED', failedTests: [] },
    })
    expect((await said(made, 'gate')).predicate.passedTests.length).toBeGreaterThan(0)
    expect(await said(made, 'verification')).toMatchObject({
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: { verificationResult: 'PASSED', verifiedLevels: ['AUTOTUNE_RECOMPUTED_GATE'] },
    })
    expect(await said(made, 'decision-1-1', 2)).toMatchObject({
      subject: [proposal],
      predicateType: 'urn:contextos-autotune:review-decision:v0.1',
      predicate: { decision: { decision: 'approved', reviewer: 'ana' } },
    })
    expect(await said(made, 'promotion-0002')).toMatchObject({
      subject: [{ name: `rollouts/${ID}/0002/record.json` }, {}, {}],
      predicate: { result: 'FAILED' },
    })
  })

  test('is signed once by each key: again changes nothing, and the same bytes come of the same key', async () => {
    const store = await twin(made)
    const before = await contents(store)
    expect((await sign(store, ana)).every((s) => s.before)).toBe(true)
    expect(await contents(store)).toEqual(before)
    for await (const key of store.objects.list('attestations/r/decision-1-1/')) await store.objects.delete(key)
    await sign(store, ana)
    const key = objectKeys.attestation('r', 'decision-1-1', 1)
    expect(await readText(store.objects, key)).toBe(await readText(made.objects, key))
  })

  test('recomputes as before: attestations are no part of what is verified', async () => {
    const store = await twin(made)
    expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true, differences: [] })
  })

  test('loses no signature to another signer at the same time', async () => {
    const store = await twin(made)
    for await (const key of store.objects.list('attestations/')) await store.objects.delete(key)
    await Promise.all([sign(store, ana), sign(store, ben)])
    expect((await envelope(store, 'decision-1-1', 2)).signatures).toHaveLength(2)
  })
})

describe('what is noticed', () => {
  const found = async (store: Store, keys = KEYS) => {
    const { verdict, attestations } = await verify(store, keys)
    return [verdict, ...attestations.filter((a) => a.verdict !== 'holds').map((a) => `${a.name}: ${a.why}`)]
  }
  const OTHERWISE = 'the store says otherwise than what was signed'

  test('a changed byte of a proposal, a gate, a manifest, a record or an envelope', async () => {
    const change = async (side: 'objects' | 'releases', key: string) => {
      const store = await twin(made)
      const text = (await readText(store[side], key))!
      await store[side].put(key, text.replace(/}\s*$/, ' }'))
      return await found(store)
    }
    const of = objectKeys.autotuneRun
    expect(await change('objects', of('r', 'gate.json'))).toEqual(['changed', `gate: ${OTHERWISE}`])
    expect(await change('objects', of('r', 'manifest.json'))).toEqual(['changed', `verification: ${OTHERWISE}`])
    expect(await change('objects', of('r', 'selected-proposal.json'))).toHaveLength(1 + 4)
    expect(await change('releases', objectKeys.promotion(ID, 1, 'record.json'))).toEqual([
      'changed',
      `promotion-0001: ${OTHERWISE}`,
    ])
  })

  test('a decision in the ledger that nobody signed', async () => {
    const store = await twin(made)
    const row = (await store.table.get<{ review: { decisions: { reason: string }[] } }>('review', 'rv_r_1'))!
    row.body.review.decisions[0]!.reason = 'looks good'
    await store.table.update('review', 'rv_r_1', row.revision, row.body)
    expect(await found(store)).toEqual(['changed', `decision-1-1: ${OTHERWISE}`])
    await expect(sign(store, ana)).rejects.toThrow('decision-1-1 of r says otherwise than the store does now')
  })

  test('a signature of another statement', async () => {
    const store = await twin(made)
    const [one, two] = [await envelope(store, 'decision-1-1', 2), await envelope(store, 'decision-1-2', 2)]
    const key = objectKeys.attestation('r', 'decision-1-1', 2)
    await store.objects.put(key, `${JSON.stringify({ ...one, signatures: two.signatures })}\n`)
    expect(await found(store)).toEqual(['changed', expect.stringMatching(/^decision-1-1: .* does not hold/)])
    await store.objects.put(key, `${JSON.stringify(two)}\n`)
    expect(await found(store)).toEqual(['changed', `decision-1-1: ${OTHERWISE}`])
  })

  test.each<[string, (text: string) => string, string?]>([
    ['a blank before it', (text) => ` ${text}`],
    ['a field of it twice', (text) => text.replace('{', '{"payload":"QQ==",')],
    ['base64 without its padding', (text) => text.replace(/=+"/, '"')],
    ['base64 with other bits behind its end', (text) => text.replace(/.(==?")/, '9$1')],
    ['the type of another payload', (text) => text.replace('in-toto', 'json')],
    ['a name that is none', (text) => text, 'attestations/r/%zz/0001.json'],
  ])('an envelope with %s is damaged, by name', async (_, change, key = objectKeys.attestation('r', 'gate', 1)) => {
    const store = await twin(made)
    const text = (await readText(store.objects, objectKeys.attestation('r', 'gate', 1)))!
    await store.objects.put(key, change(text))
    await expect(verify(store)).rejects.toThrow(`${key} of this store is damaged`)
  })

  test('an attestation of what was removed, and one that nobody signed', async () => {
    const store = await twin(made)
    await store.releases.delete(objectKeys.promotion(ID, 2, 'artifact.json'))
    expect(await found(store)).toEqual([
      'changed',
      'promotion-0002: is about nothing that the store holds: it was removed',
    ])
    const unsigned = await twin(made)
    await unsigned.objects.delete(objectKeys.attestation('r', 'gate', 1))
    expect(await found(unsigned)).toEqual(['short', 'gate: nobody signed it'])
  })
})

describe('nothing is signed', () => {
  test.each([
    ['that the file does not name', aSigner(), KEYS, 'the file of keys does not name this key'],
    [
      'that was revoked',
      ana,
      { ...KEYS, keys: KEYS.keys.map((k) => ({ ...k, revoked: { at: NOW, reason: 'stolen' } })) },
      'the key of ana is revoked since',
    ],
    [
      'of a role that signs nothing',
      ana,
      { ...KEYS, keys: KEYS.keys.map((k) => ({ ...k, role: 'guest' })) },
      'the key of ana has the wrong role: guest',
    ],
  ])('under a key %s', async (_, attestor, keys, why) => {
    const store = await twin(made)
    const before = await contents(store)
    await expect(sign(store, attestor, keys)).rejects.toThrow(why)
    expect(await contents(store)).toEqual(before)
  })

  test('of a run that does not recompute, or proposes nothing', async () => {
    const store = await twin(made)
    for await (const key of store.objects.list('attestations/')) await store.objects.delete(key)
    const differs = async () => Promise.reject(new Error('it differs'))
    await expect(signAttestations(store, { runId: 'r', attestor: ci, keys: KEYS, recompute: differs })).rejects.toThrow(
      'it differs',
    )
    expect(await Array.fromAsync(store.objects.list('attestations/'))).toEqual([])
    const poor = memory()
    await stocked(poor, aWorld({ search: 6, heldout: 4 }))
    await run(poor, { target: aTarget(), runId: 'r' }).catch(() => {})
    await expect(sign(poor, ci)).rejects.toThrow('no certified proposal of a run "r"')
  })
})

test('the proposal of another producer has no gate: its decisions are attested, about the file that was filed', async () => {
  const store = memory()
  await stocked(store, aWorld({ search: 6, heldout: 100 }))
  const [old, next] = ['{"rules":[{"max":100}]}', '{"rules":[{"max":90}]}']
  await publishDocument(store, { ref: REFS.policy, text: old })
  await publishDocument(store, { ref: 'policy.returns@1.1.0', text: next })
  const file = PartProposalFile.parse(aPartFile({ to: 'policy.returns@1.1.0', digest: digestOfBytes(next) }))
  const runId = (await filePart(store, file)).proposal.tuning_proposal_id
  const signed = () => signAttestations(store, { runId, attestor: ana, keys: KEYS, recompute })
  expect(await signed()).toEqual([])
  const seats = [
    { role: 'domain_owner', reviewer: 'cleo' },
    { role: 'policy', reviewer: 'ben' },
    { role: 'reliability', reviewer: 'ana' },
  ]
  let nonces = 0
  const nonce = () => `${nonces++}`.padStart(32, '0')
  await openRunReview(store, baselineOnly(store) as never, { runId, seats, expiresHours: 72, nonce })
  const decision = { decision: 'rejected', reason: 'too strict', shown: null } as const
  await decideAtTerminal(store, runId, { ...seats[0]!, ...decision })
  expect(await signed()).toMatchObject([{ name: 'decision-1-1', kind: 'review_decision', signatures: 1 }])
  expect((await verifyAttestations(store, runId, KEYS, NOW)).attestations).toMatchObject([
    { verdict: 'short', why: expect.stringContaining('1 of 2 people') },
  ])
})
