/** Kept answers of a model, over every object store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { AnswerCache, ModelPort } from '#ports'
import { readJson } from '../../../functions/streams/read-object.ts'
import { type Made, objectStores } from './registry.ts'

const REQUEST: ModelRequest = {
  model: { provider: 'bedrock', model_arn: 'arn:m' },
  prompt: 'refund?',
  max_tokens: 100,
  temperature: 0,
  seed: null,
  sample: 0,
}
const OPENAI = { provider: 'openai', base_url: 'http://127.0.0.1:8080/v1', model: 'small' } as const

describe.each(Object.entries(objectStores))('kept model answers: %s', (_, make) => {
  let made: Made<Awaited<ReturnType<typeof make>>['adapter']>
  let asked: ModelRequest[]
  let model: ModelPort
  let minute: number
  const cacheOf = (payer: string | null = null): AnswerCache =>
    answerCache(made.adapter, { now: () => `2026-11-30T00:0${minute}:00.000Z` }, payer)
  beforeEach(async () => {
    made = await make()
    minute = 1
    asked = []
    model = {
      async converse(request) {
        asked.push(request)
        const said = { model: 'm', content: `answer ${asked.length}`, tool_calls: [] }
        return { ...said, prompt_tokens: 1, completion_tokens: 1, latency_ms: asked.length }
      },
    }
  })
  afterEach(() => made.dispose())

  it('answer the same request with the same bytes, without asking again, and say when and who paid', async () => {
    const first = await cacheOf('run a').ask(REQUEST, model)
    expect(first).toMatchObject({ at: '2026-11-30T00:01:00.000Z', payer: 'run a', fresh: true })
    minute = 2
    expect(await cacheOf('run b').ask({ ...REQUEST }, model)).toEqual({ ...first, fresh: false })
    expect(asked).toHaveLength(1)
    expect(await Array.fromAsync(made.adapter.list('model-cache/'))).toHaveLength(1)
  })

  it('belong to model, prompt, parameters, seed and draw together', async () => {
    const cache = cacheOf()
    const others: Partial<ModelRequest>[] = [
      {},
      { prompt: 'other' },
      { model: { provider: 'bedrock', model_arn: 'arn:n' } },
      { model: OPENAI },
      { model: { ...OPENAI, base_url: 'http://127.0.0.1:8081/v1' } },
      { model: { ...OPENAI, model: 'large' } },
      { max_tokens: 1 },
      { temperature: 1 },
      { seed: 0 },
      { seed: 1 },
      { sample: 1 },
      { sample: 2 },
    ]
    for (const over of others) await cache.ask({ ...REQUEST, ...over }, model)
    expect(asked).toHaveLength(others.length)
  })

  it('lie where a deployment of before looks for them, and those of before are still answers', async () => {
    const before = 'model-cache/99397f5e3dd28d92b78f122daa63a9abd5274dc315fa43b500988d495d258de8.json'
    const reply = {
      model: 'arn:m',
      content: 'old',
      tool_calls: [],
      prompt_tokens: 1,
      completion_tokens: 1,
      latency_ms: 1,
    }
    const request = { model_arn: 'arn:m', prompt: 'refund?', max_tokens: 100, temperature: 0 }
    await made.adapter.put(before, JSON.stringify({ request, reply }))
    expect(await cacheOf().ask(REQUEST, model)).toEqual({ reply, at: null, payer: null, fresh: false })
    expect(asked).toHaveLength(0)
  })

  it('are one when many ask at once, and the model is asked once', async () => {
    const cache = cacheOf()
    const answers = await Promise.all(Array.from({ length: 8 }, () => cache.ask(REQUEST, model)))
    expect(new Set(answers.map(({ reply }) => JSON.stringify(reply))).size).toBe(1)
    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(1)
    expect(asked).toHaveLength(1)
  })

  it('are one when several processes ask at once: the first to be kept', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => cacheOf().ask(REQUEST, model)))
    expect(new Set(answers.map(({ reply }) => JSON.stringify(reply))).size).toBe(1)
    const [key] = await Array.fromAsync(made.adapter.list('model-cache/'))
    expect(await readJson(made.adapter, key!)).toMatchObject({ reply: answers[0]!.reply })
  })

  it('say what one payer has paid for', async () => {
    await cacheOf('a').ask(REQUEST, model)
    await cacheOf('a').ask({ ...REQUEST, model: OPENAI, seed: 3, sample: 1 }, model)
    await cacheOf('b').ask(REQUEST, model)
    await cacheOf('b').ask({ ...REQUEST, prompt: 'of b' }, model)
    await cacheOf().ask({ ...REQUEST, prompt: 'of nobody' }, model)
    const paid = async (payer: string | null) => (await Array.fromAsync(cacheOf(payer).paid())).map((p) => p.request)
    expect(await paid('a')).toHaveLength(2)
    expect(await paid('a')).toEqual(
      expect.arrayContaining([REQUEST, { ...REQUEST, model: OPENAI, seed: 3, sample: 1 }]),
    )
    expect(await paid('b')).toEqual([{ ...REQUEST, prompt: 'of b' }])
    expect(await paid(null)).toEqual([])
  })

  it('keep a refusal, and nothing of a fault', async () => {
    const refusing = { converse: async () => ({ refused: 'too long' }) }
    expect((await cacheOf().ask(REQUEST, refusing)).reply).toEqual({ refused: 'too long' })
    expect((await cacheOf().ask(REQUEST, model)).reply).toEqual({ refused: 'too long' })
    const cache = cacheOf()
    const faulty = { converse: async () => Promise.reject(new Error('throttled')) }
    await expect(cache.ask({ ...REQUEST, prompt: 'x' }, faulty)).rejects.toThrow('throttled')
    expect((await cache.ask({ ...REQUEST, prompt: 'x' }, model)).reply).toHaveProperty('content')
  })
})
