/** Attestations as they lie in a store: a folder each, in it the envelope with one signature, with two, and so on. Nothing is written over. */
import { canonical } from '#core/canonical.ts'
import { Envelope } from '#schemas/envelope.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'

type Keeping = Pick<Store, 'objects'>

const textOf = (envelope: Envelope): string => `${canonical(envelope)}\n`

/**
 * Newest envelope of each attestation of a run, by name. Throws DamagedObject for what is no envelope, for one that is not the bytes
 * that were written, and for one that stands where another number of signatures belongs: it would hide those before it, and no
 * next one could be added.
 */
export async function keptEnvelopes({ objects }: Keeping, runId: string): Promise<Map<string, Envelope>> {
  const prefix = keys.attestations(runId)
  const newest = new Map<string, string>()
  // Keys come in their order: of one name the last has the most signatures.
  for await (const key of objects.list(prefix)) newest.set(key.slice(prefix.length).split('/')[0]!, key)
  const found = new Map<string, Envelope>()
  for (const [name, key] of newest) {
    const text = (await readText(objects, key)) ?? ''
    const parsed = Envelope.safeParse(jsonOf(text))
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!
      throw new DamagedObject(key, `it is no DSSE envelope: ${path.join('.') || 'document'}: ${message}`)
    }
    if (text !== textOf(parsed.data)) throw new DamagedObject(key, 'it is not written as envelopes are')
    const { length } = parsed.data.signatures
    if (key !== keys.attestation(runId, name, length))
      throw new DamagedObject(key, `it holds ${length} signatures, and is named as if it held another number`)
    found.set(name, parsed.data)
  }
  return found
}

/** Keeps an envelope with one more signature. `false`: another one signed meanwhile; read again. */
export const keepEnvelope = async (
  { objects }: Keeping,
  runId: string,
  name: string,
  envelope: Envelope,
): Promise<boolean> =>
  await objects.putIfAbsent(keys.attestation(runId, name, envelope.signatures.length), textOf(envelope))
