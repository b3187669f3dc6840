/** The models of a deployment: Amazon Bedrock under the rights of a role, and the one endpoint whose key a secret holds. */
import { bedrockModel } from '#adapters/aws/bedrock-model.ts'
import { MODEL_KEY } from '#adapters/openai/model-key.ts'
import type { ModelPort } from '../ports.ts'
import type { DeployedLiveModel } from './world.ts'

/** @param live whose endpoint it is; null: nobody's, and Bedrock alone can be asked */
export function deployedModel(live: DeployedLiveModel | null): ModelPort {
  const bedrock = bedrockModel()
  let endpoint: Promise<ModelPort> | null = null
  return {
    async converse(request) {
      if (request.model.provider === 'bedrock') return await bedrock.converse(request)
      endpoint ??= endpointOf(live?.key ?? null)
      return await (await endpoint).converse(request)
    },
  }
}

/** Nothing but the secret is a key: no variable of the function is looked at. */
async function endpointOf(secret: string | null): Promise<ModelPort> {
  const [{ openAiModel }, key] = await Promise.all([
    import('#adapters/openai/openai-model.ts'),
    secret === null ? null : import('#adapters/aws/secret.ts').then(({ secretText }) => secretText(secret)),
  ])
  return openAiModel({ env: key === null ? {} : { [MODEL_KEY]: key }, atOnce: AT_ONCE })
}

const AT_ONCE = 64
