/** Codes (MAC) under an HMAC key of KMS, which never leaves it. Who may make and who may check is the key's business. */
import {
  GenerateMacCommand,
  type KMSClient,
  KMSInvalidMacException,
  MacAlgorithmSpec,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import type { Signer } from '#ports'

interface KmsMacOptions {
  readonly client: KMSClient
  /** Id or ARN of a key of spec HMAC_256. */
  readonly key: string
}

/** KMS takes messages of at most this many bytes. https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
const MAX_MESSAGE = 4096

/** Signs and checks texts. A text that KMS cannot take throws RangeError when it is signed, and never holds. */
export function kmsMac({ client, key }: KmsMacOptions): Signer {
  const about = (text: string) => ({
    KeyId: key,
    MacAlgorithm: MacAlgorithmSpec.HMAC_SHA_256,
    Message: Buffer.from(text, 'utf8'),
  })
  return {
    key,
    async sign(text) {
      const input = about(text)
      if (input.Message.length > MAX_MESSAGE)
        throw new RangeError(`a text to sign has ${input.Message.length} bytes; KMS takes ${MAX_MESSAGE}`)
      const { Mac } = await client.send(new GenerateMacCommand(input))
      return Buffer.from(Mac!).toString('base64url')
    },
    async holds(text, mac) {
      const input = about(text)
      const code = Buffer.from(mac, 'base64url')
      if (code.length === 0 || input.Message.length > MAX_MESSAGE) return false
      try {
        const { MacValid } = await client.send(new VerifyMacCommand({ ...input, Mac: code }))
        return MacValid === true
      } catch (error) {
        if (error instanceof KMSInvalidMacException) return false
        throw error
      }
    },
  }
}
