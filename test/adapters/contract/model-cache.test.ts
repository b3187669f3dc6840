/** Kept answers of a model, over every object store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cachedModel } from '#adapters/model-cache.ts'
import type { ModelPort, ModelRequest } from '#ports'
import { type Made, objectStores } from './registry.ts'

const REQUEST: ModelRequest = { model_arn: 'arn:m', prompt: 'refund?', max_tokens: 100, temperature: 0 }

describe.each(Object.entries(objectStores))('kept model answers: %s', (_, make) => {
  let made: Made<Awaited<ReturnType<typeof make>>['adapter']>
  let asked: ModelRequest[]
  let model: ModelPort
  beforeEach(async () => {
    made = await make()
    asked = []
    model = {
      async converse(request) {
        asked.push(request)
        const said = { model: request.model_arn, content: `answer ${asked.length}`, tool_calls: [] }
        return { ...said, prompt_tokens: 1, completion_tokens: 1, latency_ms: asked.length }
      },
    }
  })
  afterEach(() => made.dispose())

  it('answer the same request with the same bytes, without asking again', async () => {
    const first = await cachedModel(made.adapter, model).converse(REQUEST)
    expect(await cachedModel(made.adapter, model).converse({ ...REQUEST })).toEqual(first)
    expect(asked).toHaveLength(1)
    expect(await Array.fromAsync(made.adapter.list('model-cache/'))).toHaveLength(1)
  })

  it('belong to model, prompt and parameters together', async () => {
    const cached = cachedModel(made.adapter, model)
    for (const over of [{}, { prompt: 'other' }, { model_arn: 'arn:n' }, { max_tokens: 1 }, { temperature: 1 }])
      await cached.converse({ ...REQUEST, ...over })
    expect(asked).toHaveLength(5)
  })

  it('are one when many ask at once', async () => {
    const cached = cachedModel(made.adapter, model)
    const answers = await Promise.all(Array.from({ length: 8 }, () => cached.converse(REQUEST)))
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1)
    expect(await cached.converse(REQUEST)).toEqual(answers[0])
  })

  it('keep a refusal, and nothing of a fault', async () => {
    const refusing = cachedModel(made.adapter, { converse: async () => ({ refused: 'too long' }) })
    expect(await refusing.converse(REQUEST)).toEqual({ refused: 'too long' })
    expect(await cachedModel(made.adapter, model).converse(REQUEST)).toEqual({ refused: 'too long' })
    const faulty = cachedModel(made.adapter, { converse: async () => Promise.reject(new Error('throttled')) })
    await expect(faulty.converse({ ...REQUEST, prompt: 'x' })).rejects.toThrow('throttled')
    expect(await cachedModel(made.adapter, model).converse({ ...REQUEST, prompt: 'x' })).toHaveProperty('content')
  })
})
