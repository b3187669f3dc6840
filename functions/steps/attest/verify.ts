/** Are the attestations of a proposal there, signed by enough people, and about what the store holds? */
import { type AttestationVerdict, type Judged, judge } from '#core/attest/judge.ts'
import { verifiedOf } from '#core/attest/statements.ts'
import { canonical } from '#core/canonical.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import type { Attested } from '#schemas/envelope.ts'
import type { Store } from '../../ports.ts'
import { jsonOf } from '../../streams/read-object.ts'
import { attestables } from './attestable.ts'
import { keptEnvelopes } from './kept.ts'

interface CheckedAttestation extends Judged {
  readonly name: string
  /** null: it is about nothing that the store holds. */
  readonly kind: Attested | null
}

export interface AttestationsVerified {
  readonly run: string
  readonly verdict: AttestationVerdict
  readonly attestations: readonly CheckedAttestation[]
}

/** Throws UserError where nothing is proposed under this id. `now`: moment by which keys are valid or not. */
export async function verifyAttestations(
  store: Store,
  runId: string,
  keys: AttestationKeys,
  now: string,
): Promise<AttestationsVerified> {
  const due = await attestables(store, runId)
  const kept = await keptEnvelopes(store, runId)
  const attestations = due.map(({ kind, name, statement }): CheckedAttestation => {
    const envelope = kept.get(name)
    kept.delete(name)
    if (!envelope) return { kind, name, verdict: 'short', why: 'nobody signed it', signatures: [] }
    const said = statement(verifiedOf(jsonOf(Buffer.from(envelope.payload, 'base64').toString())))
    // A verification that says nothing readable is no statement of ours, whoever signed it.
    return { kind, name, ...judge(envelope, Buffer.from(said ? canonical(said) : ''), kind, keys, now) }
  })
  for (const name of kept.keys())
    attestations.push({
      kind: null,
      name,
      verdict: 'changed',
      why: 'is about nothing that the store holds: it was removed',
      signatures: [],
    })
  const verdicts = attestations.map(({ verdict }) => verdict)
  const verdict = verdicts.includes('changed') ? 'changed' : verdicts.includes('short') ? 'short' : 'holds'
  return { run: runId, verdict, attestations }
}
