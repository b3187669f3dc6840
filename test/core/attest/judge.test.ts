import { createPublicKey, ECDH } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enveloped, keyId, keyProblem, signedBytes } from '#core/attest/dsse.ts'
import { judge } from '#core/attest/judge.ts'
import type { Attestor } from '#ports'
import { type AttestationKey, AttestationKeys } from '#schemas/attestation.ts'
import type { Envelope } from '#schemas/envelope.ts'
import { aKey, aKeyFile, aSigner } from '../../support/attest.ts'

const PAYLOAD = Buffer.from('{"a":1}')
const NOW = '2026-11-30T00:00:00.000Z'
const [ana, ben, eve] = [aSigner(), aSigner('p256'), aSigner()]

async function signedBy(...signers: Attestor[]): Promise<Envelope> {
  let signatures: Envelope['signatures'] = []
  for (const signer of signers) {
    const sig = Buffer.from(await signer.sign(signedBytes(PAYLOAD))).toString('base64')
    signatures = [...signatures, { keyid: keyId(signer.publicKey), sig }]
  }
  return { ...enveloped(PAYLOAD, [], signatures[0]!), signatures }
}

const file = (over: Partial<AttestationKey> = {}) =>
  aKeyFile(aKey(ana, 'ana@acme', 'reviewer'), aKey(ben, 'ben@acme', 'reviewer', over))
const decide = (envelope: Envelope, keys = file(), expected: Uint8Array = PAYLOAD) =>
  judge(envelope, expected, 'review_decision', keys, NOW)

test('what is signed is the DSSE encoding: type and payload, each with its length', () => {
  expect(signedBytes(PAYLOAD).toString()).toBe('DSSEv1 28 application/vnd.in-toto+json 7 {"a":1}')
})

describe('signatures', () => {
  test('of two people, under Ed25519 and P-256, are enough', async () => {
    expect(decide(await signedBy(ana, ben))).toMatchObject({ verdict: 'holds', why: null })
  })

  test.each<[string, Partial<AttestationKey>, string]>([
    ['expired', { expires: NOW }, `expired at ${NOW}`],
    ['not valid yet', { not_before: '2026-12-01T00:00:00.000Z' }, 'is not valid before 2026-12-01T00:00:00.000Z'],
    ['revoked', { revoked: { at: NOW, reason: 'laptop lost' } }, `is revoked since ${NOW}: laptop lost`],
    ['of the wrong role', { role: 'gate' }, 'has the wrong role: gate does not sign this, reviewer does'],
  ])('under a key that is %s do not count', async (_, over, problem) => {
    expect(decide(await signedBy(ana, ben), file(over))).toMatchObject({
      verdict: 'short',
      why: 'too few signers: 1 of 2 people with a key of reviewer',
      signatures: [{ problem: null }, { person: 'ben@acme', problem }],
    })
  })

  test('of one person count once, whatever the key and the spelling', async () => {
    const two = file({ person: 'Ana+laptop@acme' })
    expect(decide(await signedBy(ana, ana, ben), two).verdict).toBe('short')
  })

  test('of nobody whom the file names do not count', async () => {
    expect(decide(await signedBy(ana, eve)).signatures[1]).toMatchObject({
      person: null,
      problem: 'is of a key that the file of keys does not name',
    })
  })

  test('are refused where any bit of payload or signature was changed', async () => {
    const good = await signedBy(ana, ben)
    const flipped = (text: string, bit: number) => {
      const bytes = Buffer.from(text, 'base64')
      const at = bit % (bytes.length * 8)
      bytes[at >> 3]! ^= 1 << (at & 7)
      return bytes.toString('base64')
    }
    fc.assert(
      fc.property(fc.nat(100_000), fc.constantFrom('payload', 0, 1), (bit, where) => {
        const changed =
          where === 'payload'
            ? { ...good, payload: flipped(good.payload, bit) }
            : {
                ...good,
                signatures: good.signatures.map((s, i) => (i === where ? { ...s, sig: flipped(s.sig, bit) } : s)),
              }
        expect(decide(changed).verdict).toBe('changed')
      }),
    )
  })

  test('hold, and what they say is not what the store says', async () => {
    expect(decide(await signedBy(ana, ben), file(), Buffer.from('{"a":2}'))).toMatchObject({
      verdict: 'changed',
      why: 'the store says otherwise than what was signed',
    })
  })
})

describe('a file of keys', () => {
  test('that could never be enough is refused', () => {
    const alone = aKeyFile(aKey(ana, 'ana@acme', 'gate'), aKey(ben, 'ben@acme', 'release'))
    expect(AttestationKeys.safeParse(alone).error?.issues[0]?.message).toContain('only 0 people have a key of reviewer')
  })

  test('has one id for a key, however its point is written: it is not the key of two people', () => {
    const der = createPublicKey(ben.publicKey).export({ type: 'spki', format: 'der' })
    const written = (form: 'compressed' | 'hybrid' | 'uncompressed') => {
      const point = ECDH.convertKey(der.subarray(-65), 'prime256v1', undefined, undefined, form) as Buffer
      const body = Buffer.concat([der.subarray(2, 23), Buffer.from([3, point.length + 1, 0]), point])
      const pem = Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64')
      return keyId(`-----BEGIN PUBLIC KEY-----\n${pem}\n-----END PUBLIC KEY-----\n`)
    }
    for (const form of ['compressed', 'hybrid', 'uncompressed'] as const)
      expect([form, written(form)]).toEqual([form, keyId(ben.publicKey)])
  })

  test('takes no other keys than Ed25519 and P-256', () => {
    expect(keyProblem(ana.publicKey)).toBeNull()
    expect(keyProblem(ben.publicKey)).toBeNull()
    expect(keyProblem('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n')).toBe('is no public key in PEM')
  })
})
