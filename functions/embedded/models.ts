/** Every model that can be pinned, from this machine: each provider is loaded when it is first asked. */
import { openAiModel } from '#adapters/openai/openai-model.ts'
import type { ModelPort } from '#ports'

/** @param env where keys of OpenAI-compatible endpoints are looked up; Bedrock is asked under the caller's rights of AWS */
export function models(env: Readonly<Record<string, string | undefined>>): ModelPort {
  const openai = openAiModel({ env })
  let bedrock: ModelPort | null = null
  return {
    async converse(request) {
      if (request.model.provider === 'openai') return openai.converse(request)
      bedrock ??= (await import('#adapters/aws/bedrock-model.ts')).bedrockModel()
      return bedrock.converse(request)
    },
  }
}
