/** A model through Amazon Bedrock's Converse. */
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import type { ModelPort } from '#ports'
import type { ModelAnswer } from '#schemas/harness.ts'
import { UserError } from '../../errors.ts'
import { refusesWords } from '../refused-words.ts'

/** Attempts of one request while Bedrock is throttled or at fault; the workflow tries the whole shard again after that. */
const ATTEMPTS = 5

/** Model over a client; without one, it is made at the first call: a run that may ask no model needs no client. */
export function bedrockModel(given?: BedrockRuntimeClient): ModelPort {
  let client = given
  const port: ModelPort = {
    async converse(request) {
      const { model, prompt, max_tokens, temperature, seed } = request
      if (model.provider !== 'bedrock') throw new UserError(`${model.base_url} is not asked through Amazon Bedrock`)
      if (seed !== null) throw new UserError('Amazon Bedrock takes no seed: pin null')
      const { model_arn } = model
      const { BedrockRuntimeClient, ConverseCommand, ValidationException } = await import(
        '@aws-sdk/client-bedrock-runtime'
      )
      client ??= new BedrockRuntimeClient({ maxAttempts: ATTEMPTS })
      try {
        const { output, stopReason, usage, metrics } = await client.send(
          new ConverseCommand({
            modelId: model_arn,
            messages: [{ role: 'user', content: [{ text: prompt }] }],
            inferenceConfig: { maxTokens: max_tokens, temperature },
          }),
        )
        if (stopReason === 'content_filtered') return { refused: 'a content filter withheld the answer' }
        const blocks = output?.message?.content ?? []
        const texts = blocks.flatMap((block) => (block.text === undefined ? [] : [block.text]))
        return {
          model: model_arn,
          content: texts.length === 0 ? null : texts.join('\n'),
          tool_calls: blocks.flatMap(({ toolUse }) =>
            toolUse ? [{ name: toolUse.name!, arguments: (toolUse.input ?? {}) as Arguments }] : [],
          ),
          prompt_tokens: usage?.inputTokens ?? null,
          completion_tokens: usage?.outputTokens ?? null,
          latency_ms: metrics?.latencyMs ?? null,
          ...(stopReason === 'max_tokens' && { cut: true }),
        }
      } catch (error) {
        if (!(error instanceof ValidationException)) throw error
        if (await refusesWords(request, port)) return { refused: error.message }
        throw new UserError(`${model_arn} answers nothing that it is asked so: ${error.message}`)
      }
    },
  }
  return port
}

type Arguments = ModelAnswer['tool_calls'][number]['arguments']
