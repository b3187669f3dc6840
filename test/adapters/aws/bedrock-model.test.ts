import {
  BedrockRuntimeClient,
  ConverseCommand,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { bedrockModel } from '#adapters/aws/bedrock-model.ts'

const ARN = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
const REQUEST = {
  model: { provider: 'bedrock' as const, model_arn: ARN },
  prompt: 'refund?',
  max_tokens: 100,
  temperature: 0,
  seed: null,
  sample: 0,
}

function mocked() {
  const client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  return { mock: mockClient(client), model: bedrockModel(client) }
}

describe('a model through Bedrock', () => {
  it('is asked once with the pinned parameters, and answers as a recorded model call does', async () => {
    const { mock, model } = mocked()
    mock.on(ConverseCommand).resolves({
      output: {
        message: {
          role: 'assistant',
          content: [
            { text: 'yes' },
            { toolUse: { toolUseId: '1', name: 'refund', input: { id: 7 } } },
            { text: 'done' },
          ],
        },
      },
      usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 },
      metrics: { latencyMs: 420 },
    })
    expect(await model.converse(REQUEST)).toEqual({
      model: ARN,
      content: 'yes\ndone',
      tool_calls: [{ name: 'refund', arguments: { id: 7 } }],
      prompt_tokens: 11,
      completion_tokens: 7,
      latency_ms: 420,
    })
    expect(mock.commandCalls(ConverseCommand)[0]!.args[0].input).toEqual({
      modelId: ARN,
      messages: [{ role: 'user', content: [{ text: 'refund?' }] }],
      inferenceConfig: { maxTokens: 100, temperature: 0 },
    })
  })

  it('counts nothing that it was not told', async () => {
    const { mock, model } = mocked()
    mock.on(ConverseCommand).resolves({})
    expect(await model.converse(REQUEST)).toMatchObject({ content: null, prompt_tokens: null, latency_ms: null })
  })

  it('refuses a request that is not valid, and throws when it is throttled', async () => {
    const { mock, model } = mocked()
    mock
      .on(ConverseCommand)
      .rejectsOnce(new ValidationException({ message: 'input is too long', $metadata: {} }))
      .resolvesOnce({})
      .rejectsOnce(new ThrottlingException({ message: 'slow down', $metadata: {} }))
    expect(await model.converse(REQUEST)).toEqual({ refused: 'input is too long' })
    await expect(model.converse(REQUEST)).rejects.toThrow('slow down')
  })

  it('tells a person where it answers nothing, whatever the words: a model that is not there, or a parameter it has not', async () => {
    const { mock, model } = mocked()
    mock
      .on(ConverseCommand)
      .rejects(new ValidationException({ message: 'The model identifier is invalid', $metadata: {} }))
    await expect(model.converse(REQUEST)).rejects.toThrow(/small answers nothing .*: The model identifier is invalid/)
    expect(mock.commandCalls(ConverseCommand)).toHaveLength(2)
  })
})
