import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { secretText } from '#adapters/aws/secret.ts'

const ARN = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:model-key-a1B2c3'
function holding(answer: { SecretString?: string; SecretBinary?: Uint8Array }) {
  const client = new SecretsManagerClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const mock = mockClient(client)
  mock.on(GetSecretValueCommand).resolves(answer)
  return { client, mock }
}

describe('the secret of an endpoint', () => {
  it('is read by its ARN alone, without the space around it', async () => {
    const { client, mock } = holding({ SecretString: ' key-of-ours\n' })
    expect(await secretText(ARN, client)).toBe('key-of-ours')
    expect(mock.commandCalls(GetSecretValueCommand).map((call) => call.args[0].input)).toEqual([{ SecretId: ARN }])
  })

  it.each([{}, { SecretString: ' \n' }, { SecretBinary: new TextEncoder().encode('key-of-ours') }])(
    'that holds no text is told by its name, never by what it holds',
    async (answer) => {
      const said = await secretText(ARN, holding(answer).client).catch((error: Error) => error)
      expect(said).toMatchObject({ name: 'UserError', message: expect.stringContaining(`${ARN} holds no text`) })
      expect(String(said)).not.toContain('key-of-ours')
    },
  )

  it('that may not be read is the error of the service', async () => {
    const { client, mock } = holding({})
    mock
      .on(GetSecretValueCommand)
      .rejects(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }))
    await expect(secretText(ARN, client)).rejects.toThrow('not authorized')
  })
})
