/** One secret of AWS Secrets Manager, as text. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { UserError } from '../../errors.ts'

/** Text of a secret by its ARN; needs `secretsmanager:GetSecretValue`. Throws UserError where it holds none, never with what it holds. */
export async function secretText(arn: string, client = new SecretsManagerClient()): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }))
  const text = SecretString?.trim()
  if (!text) throw new UserError(`the secret ${arn} holds no text: store the key of the endpoint in it, as it is`)
  return text
}
