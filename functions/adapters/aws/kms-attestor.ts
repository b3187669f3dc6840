/** Signs attestations under a key of KMS (ECC_NIST_P256, SIGN_VERIFY), which never leaves it. */
import { createPublicKey, hash } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, MessageType, SignCommand, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import { UserError } from '../../errors.ts'
import type { Attestor } from '../../ports.ts'

/** KMS takes messages of at most this many bytes. https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const MAX_MESSAGE = 4096

/** The key of an id or ARN; needs `kms:GetPublicKey` and `kms:Sign`. Throws UserError for a key of another kind. */
export async function kmsAttestor(key: string, client = new KMSClient()): Promise<Attestor> {
  const { PublicKey, KeySpec, KeyUsage } = await client.send(new GetPublicKeyCommand({ KeyId: key }))
  if (KeySpec !== 'ECC_NIST_P256' || KeyUsage !== 'SIGN_VERIFY' || !PublicKey)
    throw new UserError(`${key} is a key ${KeySpec} for ${KeyUsage}: attestations take ECC_NIST_P256 for SIGN_VERIFY`)
  const der = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
  return {
    publicKey: String(der.export({ type: 'spki', format: 'pem' })),
    async sign(bytes) {
      const { message, type } = messageOf(bytes)
      const SigningAlgorithm = SigningAlgorithmSpec.ECDSA_SHA_256
      const { Signature } = await client.send(
        new SignCommand({ KeyId: key, Message: message, MessageType: type, SigningAlgorithm }),
      )
      return Signature!
    },
  }
}

/** What is too long for KMS is handed over by its digest: the signature is the same. */
function messageOf(bytes: Uint8Array) {
  if (bytes.length <= MAX_MESSAGE) return { message: bytes, type: MessageType.RAW }
  return { message: hash('sha256', bytes, 'buffer'), type: MessageType.DIGEST }
}
