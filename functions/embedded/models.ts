/** Every model that can be pinned, from this machine: each provider is loaded when it is first asked. */
import type { ModelPort } from '#ports'
import type { PinnedModel } from '#schemas/model.ts'

type Provider = PinnedModel['provider']

/** @param env where keys of OpenAI-compatible endpoints are looked up; Bedrock is asked under the caller's rights of AWS */
export function models(env: Readonly<Record<string, string | undefined>>): ModelPort {
  const load: Readonly<Record<Provider, () => Promise<ModelPort>>> = {
    openai: async () => (await import('#adapters/openai/openai-model.ts')).openAiModel({ env }),
    bedrock: async () => (await import('#adapters/aws/bedrock-model.ts')).bedrockModel(),
  }
  const loaded: Partial<Record<Provider, Promise<ModelPort>>> = {}
  return {
    async converse(request) {
      const { provider } = request.model
      loaded[provider] ??= load[provider]()
      return await (await loaded[provider]).converse(request)
    },
  }
}
