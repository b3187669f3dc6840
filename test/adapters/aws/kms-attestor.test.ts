import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { kmsAttestor } from '#adapters/aws/kms-attestor.ts'
import { signatureHolds, signedBytes } from '#core/attest/dsse.ts'

const kms = mockClient(KMSClient)
afterAll(() => kms.restore())
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const PublicKey = publicKey.export({ type: 'spki', format: 'der' })

describe('an attestation under a key of KMS', () => {
  beforeEach(() => {
    kms.reset()
    kms.on(GetPublicKeyCommand).resolves({ PublicKey, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    kms.on(SignCommand).callsFake(({ Message }) => ({ Signature: sign('sha256', Message, privateKey) }))
  })

  it('holds under its public half', async () => {
    const attestor = await kmsAttestor('arn:key')
    const sig = Buffer.from(await attestor.sign(signedBytes(Buffer.from('{}')))).toString('base64')
    expect(signatureHolds(attestor.publicKey, Buffer.from('{}'), sig)).toBe(true)
    expect(kms.commandCalls(SignCommand)[0]!.args[0].input).toMatchObject({
      KeyId: 'arn:key',
      MessageType: 'RAW',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
  })

  it('hands over the digest of what KMS cannot take whole', async () => {
    const long = Buffer.alloc(4097, 'x')
    await (await kmsAttestor('arn:key')).sign(long)
    expect(kms.commandCalls(SignCommand)[0]!.args[0].input).toMatchObject({
      MessageType: 'DIGEST',
      Message: createHash('sha256').update(long).digest(),
    })
  })

  it('refuses a key of another kind', async () => {
    kms.on(GetPublicKeyCommand).resolves({ PublicKey, KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
    await expect(kmsAttestor('arn:key')).rejects.toThrow('attestations take ECC_NIST_P256 for SIGN_VERIFY')
  })
})
