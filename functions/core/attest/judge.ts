/** Do the signatures under a statement count, and are they enough? By the one file of keys that is trusted. */
import type { AttestationKey, AttestationKeys } from '#schemas/attestation.ts'
import type { Attested, Envelope } from '#schemas/envelope.ts'
import { personKey } from '#schemas/person.ts'
import { keyId, signatureHolds } from './dsse.ts'

/** What one signature came to. */
interface SignatureFinding {
  readonly keyid: string
  /** null: no key of the file has this id. */
  readonly person: string | null
  readonly role: string | null
  /** Why it does not count; null: it counts. */
  readonly problem: string | null
}

/** `changed`: a byte is not what was signed, or the store says otherwise now; `short`: too few signatures count. */
export type AttestationVerdict = 'holds' | 'short' | 'changed'

export interface Judged {
  readonly verdict: AttestationVerdict
  /** Why it does not hold; null: it does. */
  readonly why: string | null
  readonly signatures: readonly SignatureFinding[]
}

/** Why a key signs nothing at this moment, whatever its role; null: it may. */
export function keyEnded(key: AttestationKey, now: string): string | null {
  if (key.revoked !== null) return `is revoked since ${key.revoked.at}: ${key.revoked.reason}`
  if (now < key.not_before) return `is not valid before ${key.not_before}`
  return now >= key.expires ? `expired at ${key.expires}` : null
}

/** Why a key may not sign this at this moment; null: it may. */
export function keyRefused(key: AttestationKey, kind: Attested, keys: AttestationKeys, now: string): string | null {
  const { roles } = keys.needs[kind]
  const ended = keyEnded(key, now)
  if (ended !== null) return ended
  if (!roles.includes(key.role)) return `has the wrong role: ${key.role} does not sign this, ${roles.join(' or ')} does`
  return null
}

/**
 * Judges an envelope.
 *
 * @param expected payload as the store would have it now
 * @param now moment by which keys are valid or not
 */
export function judge(
  { payload, signatures }: Envelope,
  expected: Uint8Array,
  kind: Attested,
  keys: AttestationKeys,
  now: string,
): Judged {
  const bytes = Buffer.from(payload, 'base64')
  const byId = new Map(keys.keys.map((key) => [keyId(key.public_key), key]))
  let forged: string | null = null
  const counted = new Set<string>()
  const findings = signatures.map(({ keyid, sig }): SignatureFinding => {
    const key = byId.get(keyid)
    if (!key) return { keyid, person: null, role: null, problem: 'is of a key that the file of keys does not name' }
    const { person, role } = key
    if (!signatureHolds(key.public_key, bytes, sig)) {
      forged = `the signature of ${person} does not hold: statement or signature was changed`
      return { keyid, person, role, problem: 'does not hold: statement or signature was changed' }
    }
    const problem = keyRefused(key, kind, keys, now)
    if (problem === null) counted.add(personKey(person))
    return { keyid, person, role, problem }
  })
  if (forged !== null) return { verdict: 'changed', why: forged, signatures: findings }
  if (!bytes.equals(expected))
    return { verdict: 'changed', why: 'the store says otherwise than what was signed', signatures: findings }
  const { roles, threshold } = keys.needs[kind]
  const short = counted.size < threshold
  const why = short
    ? `too few signers: ${counted.size} of ${threshold} people with a key of ${roles.join(' or ')}`
    : null
  return { verdict: short ? 'short' : 'holds', why, signatures: findings }
}
