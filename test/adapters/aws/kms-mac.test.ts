import { GenerateMacCommand, KMSClient, KMSInvalidMacException, VerifyMacCommand } from '@aws-sdk/client-kms'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { kmsMac } from '#adapters/aws/kms-mac.ts'

const kms = mockClient(KMSClient)
afterAll(() => kms.restore())
const signer = kmsMac({ client: new KMSClient(), key: 'arn:key' })
const MAC = Buffer.from([250, 251, 252, 1, 2, 3])

describe('a code under a KMS key', () => {
  beforeEach(() => kms.reset())

  it('is asked for by key, algorithm and text, and stands in base64url', async () => {
    kms.on(GenerateMacCommand).resolves({ Mac: MAC })
    expect(await signer.sign('tëxt')).toBe(MAC.toString('base64url'))
    expect(kms.commandCalls(GenerateMacCommand)[0]!.args[0].input).toEqual({
      KeyId: 'arn:key',
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from('tëxt'),
    })
  })

  it('holds when KMS says so, and not when it refuses the code', async () => {
    kms.on(VerifyMacCommand).resolvesOnce({ MacValid: true })
    expect(await signer.holds('text', MAC.toString('base64url'))).toBe(true)
    expect(kms.commandCalls(VerifyMacCommand)[0]!.args[0].input).toMatchObject({ Mac: MAC })
    kms.on(VerifyMacCommand).rejects(new KMSInvalidMacException({ message: 'no', $metadata: {} }))
    expect(await signer.holds('text', MAC.toString('base64url'))).toBe(false)
  })

  it('never holds without asking for an empty code or a text that KMS cannot take, and is not made for one', async () => {
    const long = 'x'.repeat(4097)
    expect(await signer.holds('text', '')).toBe(false)
    expect(await signer.holds(long, 'AAAA')).toBe(false)
    await expect(signer.sign(long)).rejects.toThrow('4097 bytes; KMS takes 4096')
    expect(kms.calls()).toHaveLength(0)
  })

  it('fails as KMS fails: a fault is no verdict', async () => {
    kms.on(VerifyMacCommand).rejects(Object.assign(new Error('later'), { name: 'ThrottlingException' }))
    await expect(signer.holds('text', 'AAAA')).rejects.toThrow('later')
  })
})
