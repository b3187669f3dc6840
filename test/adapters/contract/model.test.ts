/** What every adapter of the model port does, whoever is behind it. */
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, it } from 'vitest'
import { bedrockModel } from '#adapters/aws/bedrock-model.ts'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import { type ModelRequest, PROBE } from '#core/model/request.ts'
import type { ModelPort } from '#ports'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { type Scripted, scriptedModelServer } from '../../support/scripted-model-server.ts'

/** What the endpoint does; each adapter's endpoint has its own words for it. */
type Behaviour = 'words' | 'tool' | 'nothing' | 'cut' | 'refusal' | 'filtered' | 'throttled' | 'uncounted'

interface Endpoint {
  readonly model: ModelPort
  readonly named: ModelRequest['model']
  /** What the last request asked for, in the contract's words. */
  sent(): { prompt: unknown; max_tokens: unknown; temperature: unknown }
  close(): Promise<void>
}

const ARN = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
const said = (says: string | null, finish = 'stop'): Scripted => ({ says, finish })
const body = (message: object, usage: object = {}) => ({
  status: 200,
  body: { choices: [{ message, finish_reason: 'stop' }], ...usage },
})

const OPENAI: Readonly<Record<Behaviour, Scripted>> = {
  words: said('yes'),
  tool: body({ content: null, tool_calls: [{ function: { name: 'refund', arguments: '{"id":7}' } }] }),
  nothing: said(null),
  cut: said('ye', 'length'),
  refusal: { says: null, refusal: 'I cannot help with that' },
  filtered: said('wel', 'content_filter'),
  throttled: { status: 429, body: { error: { message: 'slow down' } } },
  uncounted: body({ content: 'yes' }),
}

const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3 }
const message = (...content: object[]) => ({ output: { message: { role: 'assistant', content } } })
const BEDROCK: Readonly<Record<Behaviour, object | Error>> = {
  words: { ...message({ text: 'yes' }), usage, stopReason: 'end_turn', metrics: { latencyMs: 3 } },
  tool: { ...message({ toolUse: { toolUseId: '1', name: 'refund', input: { id: 7 } } }), usage },
  nothing: { usage },
  cut: { ...message({ text: 'ye' }), usage, stopReason: 'max_tokens' },
  refusal: new ValidationException({ message: 'I cannot help with that', $metadata: {} }),
  filtered: { ...message({ text: 'wel' }), stopReason: 'content_filtered' },
  throttled: new ThrottlingException({ message: 'slow down', $metadata: {} }),
  uncounted: message({ text: 'yes' }),
}

const endpoints: Readonly<Record<string, (behaviour: Behaviour) => Promise<Endpoint>>> = {
  bedrock: async (behaviour) => {
    const client = new BedrockRuntimeClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    const mock = mockClient(client)
    const answer = BEDROCK[behaviour]
    if (answer instanceof Error)
      mock.on(ConverseCommand).callsFake(({ messages }) => {
        // Other words are answered: it is these that are refused.
        if (behaviour !== 'refusal' || messages[0].content[0].text !== PROBE) throw answer
        return BEDROCK.words
      })
    else mock.on(ConverseCommand).resolves(answer)
    return {
      model: bedrockModel(client),
      named: { provider: 'bedrock', model_arn: ARN },
      sent() {
        const { messages, inferenceConfig } = mock.commandCalls(ConverseCommand)[0]!.args[0].input
        return {
          prompt: messages?.[0]?.content?.[0]?.text,
          max_tokens: inferenceConfig?.maxTokens,
          temperature: inferenceConfig?.temperature,
        }
      },
      close: async () => {},
    }
  },
  openai: async (behaviour) => {
    const server = await scriptedModelServer(() => OPENAI[behaviour])
    return {
      model: openAiModel({ env: {}, sleep: async () => {} }),
      named: { provider: 'openai', base_url: server.baseUrl, model: 'small' },
      sent() {
        const { prompt, body } = server.asked[0]!
        return { prompt, max_tokens: body.max_tokens, temperature: body.temperature }
      },
      close: server.close,
    }
  },
}

describe.each(Object.entries(endpoints))('a model: %s', (_, start) => {
  let endpoint: Endpoint
  const ask = async (behaviour: Behaviour) => {
    endpoint = await start(behaviour)
    const question = { prompt: 'refund?', max_tokens: 100, temperature: 0, seed: null, sample: 0 }
    return endpoint.model.converse({ model: endpoint.named, ...question })
  }
  afterEach(() => endpoint.close())

  it('is asked with the pinned parameters, and answers with words, tokens and time', async () => {
    const reply = await ask('words')
    expect(reply).toMatchObject({ content: 'yes', tool_calls: [], prompt_tokens: 2, completion_tokens: 1 })
    expect(reply).toHaveProperty('latency_ms', expect.any(Number))
    expect(reply).toHaveProperty('model', expect.stringMatching(/small$/))
    expect(reply).not.toHaveProperty('cut')
    expect(endpoint.sent()).toEqual({ prompt: 'refund?', max_tokens: 100, temperature: 0 })
  })

  it('names the tools that it would call', async () => {
    expect(await ask('tool')).toMatchObject({
      content: null,
      tool_calls: [{ name: 'refund', arguments: { id: 7 } }],
    })
  })

  it('that says nothing has answered, with no words', async () => {
    expect(await ask('nothing')).toMatchObject({ content: null, tool_calls: [] })
  })

  it('counts nothing that it was not told', async () => {
    expect(await ask('uncounted')).toMatchObject({ content: 'yes', prompt_tokens: null, completion_tokens: null })
  })

  it('says where its answer was cut', async () => {
    expect(await ask('cut')).toMatchObject({ content: 'ye', cut: true })
  })

  it('gives a refusal as an answer', async () => {
    expect(await ask('refusal')).toEqual({ refused: 'I cannot help with that' })
    await endpoint.close()
    expect(await ask('filtered')).toEqual({ refused: 'a content filter withheld the answer' })
  })

  it('throws when it is throttled for too long, and nothing of that is kept', async () => {
    await expect(ask('throttled')).rejects.toThrow('slow down')
    const objects = memoryStore()
    const question = { model: endpoint.named, prompt: 'p', max_tokens: 1, temperature: 0, seed: null, sample: 0 }
    const cache = answerCache(objects, { now: () => '2026-11-30T00:00:00.000Z' })
    await expect(cache.ask(question, endpoint.model)).rejects.toThrow('slow down')
    expect(await Array.fromAsync(objects.list(''))).toEqual([])
  })

  it('refuses a model of another provider', async () => {
    endpoint = await start('words')
    const other: ModelRequest['model'] =
      endpoint.named.provider === 'openai'
        ? { provider: 'bedrock', model_arn: ARN }
        : { provider: 'openai', base_url: 'http://127.0.0.1:1/v1', model: 'm' }
    const question = { model: other, prompt: 'p', max_tokens: 1, temperature: 0, seed: null, sample: 0 }
    await expect(endpoint.model.converse(question)).rejects.toThrow(/Bedrock/)
  })
})
