/** DSSE envelopes: what exactly is signed, under which id of a key, and whether a signature holds. */
import { createPublicKey, hash, verify } from 'node:crypto'
import { type Envelope, PAYLOAD_TYPE } from '#schemas/envelope.ts'

/** The bytes that are signed (pre-authentication encoding): the type is signed along, so nothing can pass for another thing. */
export function signedBytes(payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(PAYLOAD_TYPE)} ${PAYLOAD_TYPE} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}

/**
 * Id of a public key in PEM: SHA-256 of its DER bytes, in hex. Throws where it is no key. A point of P-256 can be written in three
 * ways, which are one key and so one id: that of the uncompressed one.
 */
export function keyId(publicKey: string): string {
  const key = createPublicKey({ key: createPublicKey(publicKey).export({ format: 'jwk' }), format: 'jwk' })
  return hash('sha256', key.export({ type: 'spki', format: 'der' }))
}

/** Why a public key cannot be used; null: it can. */
export function keyProblem(publicKey: string): string | null {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(publicKey)
    if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return null
    return `is a key of ${type}: Ed25519 or P-256 is taken`
  } catch {
    return 'is no public key in PEM'
  }
}

/** Does a signature (base64) hold under a public key? P-256 with SHA-256 in DER, as KMS makes them; Ed25519 as it is. */
export function signatureHolds(publicKey: string, payload: Uint8Array, sig: string): boolean {
  const key = createPublicKey(publicKey)
  const algorithm = key.asymmetricKeyType === 'ec' ? 'sha256' : null
  return verify(algorithm, signedBytes(payload), key, Buffer.from(sig, 'base64'))
}

/** A payload with one more signature after those that stand. */
export const enveloped = (
  payload: Uint8Array,
  before: Envelope['signatures'],
  signature: Envelope['signatures'][number],
): Envelope => ({
  payload: Buffer.from(payload).toString('base64'),
  payloadType: PAYLOAD_TYPE,
  signatures: [...before, signature],
})
