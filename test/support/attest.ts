/** Keys of people who sign attestations, in memory, and a file of keys that names them. */
import { generateKeyPairSync, sign } from 'node:crypto'
import type { Attestor } from '#ports'
import type { AttestationKey, AttestationKeys } from '#schemas/attestation.ts'

/** A key of Ed25519, or of P-256 as KMS has them. */
export function aSigner(curve: 'ed25519' | 'p256' = 'ed25519'): Attestor {
  const { publicKey, privateKey } =
    curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return {
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
    sign: async (bytes) => sign(curve === 'ed25519' ? null : 'sha256', bytes, privateKey),
  }
}

export const aKey = (
  { publicKey }: Attestor,
  person: string,
  role: string,
  over: Partial<AttestationKey> = {},
): AttestationKey => ({
  role,
  person,
  public_key: publicKey,
  not_before: '2026-01-01T00:00:00.000Z',
  expires: '2027-01-01T00:00:00.000Z',
  revoked: null,
  ...over,
})

/** The gate and what was recomputed are signed by one machine; decisions by two people; the rollout by one. */
export const aKeyFile = (...keys: AttestationKey[]): AttestationKeys => ({
  kind: 'attestation_keys',
  keys,
  needs: {
    gate: { roles: ['gate'], threshold: 1 },
    verification: { roles: ['gate', 'auditor'], threshold: 1 },
    review_decision: { roles: ['reviewer'], threshold: 2 },
    promotion: { roles: ['release'], threshold: 1 },
  },
})
