/** Signs what a store holds of a proposal: every statement that the role of a key may sign, once. */
import { enveloped, keyId, signedBytes } from '#core/attest/dsse.ts'
import { keyRefused } from '#core/attest/judge.ts'
import { type Verified, verifiedOf } from '#core/attest/statements.ts'
import { canonical } from '#core/canonical.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import type { Attested } from '#schemas/envelope.ts'
import { ATTESTED } from '#schemas/envelope.ts'
import { UserError } from '../../errors.ts'
import type { Attestor, Store } from '../../ports.ts'
import { jsonOf } from '../../streams/read-object.ts'
import { needHeads } from '../heads/check.ts'
import { attestables } from './attestable.ts'
import { keepEnvelope, keptEnvelopes } from './kept.ts'

interface SignedAttestation {
  readonly name: string
  readonly kind: Attested
  /** How many signatures it has now. */
  readonly signatures: number
  /** This key had signed it already. */
  readonly before: boolean
}

interface SignAttestations {
  readonly runId: string
  readonly attestor: Attestor
  readonly keys: AttestationKeys
  /** Recomputes the run now, and says how far; throws UserError where it differs. Asked only of a role that signs this. */
  readonly recompute: () => Promise<Omit<Verified, 'at'>>
}

/** Lost writes in a row after which something else is wrong. */
const MOST_TRIES = 50

interface SignKinds extends Omit<SignAttestations, 'keys'> {
  readonly kinds: ReadonlySet<Attested>
}

/** Throws UserError, with nothing written, for a key that may sign nothing, and where the store is not what it says it is. */
export async function signAttestations(
  store: Store,
  { runId, attestor, keys, recompute }: SignAttestations,
): Promise<SignedAttestation[]> {
  const now = store.clock.now()
  const id = keyId(attestor.publicKey)
  const key = keys.keys.find(({ public_key }) => keyId(public_key) === id)
  if (!key) throw new UserError('the file of keys does not name this key: "autotune attest keygen" printed its entry')
  const refusals = ATTESTED.map((kind) => ({ kind, why: keyRefused(key, kind, keys, now) }))
  const may = new Set(refusals.filter(({ why }) => why === null).map(({ kind }) => kind))
  if (may.size === 0) throw new UserError(`the key of ${key.person} ${refusals[0]!.why}`)
  await needHeads(store)
  return await signKinds(store, { runId, attestor, kinds: may, recompute })
}

/** Every statement of these kinds about one proposal, once under this key. The store has been held against its journal. */
export async function signKinds(
  store: Store,
  { runId, attestor, kinds, recompute }: SignKinds,
): Promise<SignedAttestation[]> {
  const id = keyId(attestor.publicKey)
  const now = store.clock.now()
  const due = (await attestables(store, runId)).filter(({ kind }) => kinds.has(kind))
  const recomputed = due.some(({ kind }) => kind === 'verification') ? await recompute() : null
  const done: SignedAttestation[] = []
  let envelopes = await keptEnvelopes(store, runId)
  for (const { kind, name, statement } of due)
    for (let tries = 0; ; tries++) {
      if (tries === MOST_TRIES) throw new Error(`attestation ${name} of ${runId} was never written`)
      const kept = envelopes.get(name)
      const was = kept && Buffer.from(kept.payload, 'base64')
      const verified = (was && verifiedOf(jsonOf(was.toString()))) ?? (recomputed && { at: now, ...recomputed })
      const payload = Buffer.from(canonical(statement(verified)))
      if (was && !was.equals(payload))
        throw new UserError(
          `attestation ${name} of ${runId} says otherwise than the store does now: it is not signed. "autotune attest verify" and "autotune verify" name what changed`,
        )
      const signatures = kept?.signatures ?? []
      const before = signatures.some(({ keyid }) => keyid === id)
      const sig = before ? '' : Buffer.from(await attestor.sign(signedBytes(payload))).toString('base64')
      if (before || (await keepEnvelope(store, runId, name, enveloped(payload, signatures, { keyid: id, sig })))) {
        done.push({ name, kind, before, signatures: signatures.length + (before ? 0 : 1) })
        break
      }
      envelopes = await keptEnvelopes(store, runId)
    }
  return done
}
