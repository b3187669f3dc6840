/** The model port with a real model behind it: cache, seeds, noise, and a budget that ends and goes on. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import type { ModelReply } from '#core/model/reply.ts'
import { usageRows } from '#core/model/tally.ts'
import type { ModelPort, ObjectStore } from '#ports'
import { BudgetSpent, modelMeter } from '../../functions/steps/model/metered-model.ts'
import { memoryStore } from '../support/memory/memory-store.ts'
import { describeModel, question, type SmallModel, startSmallModel } from './small-model/start.ts'

const QUOTE = 'Order 4711 came on Monday. Order 4712 came on Tuesday.\nOrder 4711 came on'
const OPEN = 'My favourite animal is the'
const clock = { now: () => new Date().toISOString() }
const prices = {
  price_table: 'small@1.0.0',
  models: { 'gemma-3-270m': { prompt_cents_per_million: 10, completion_cents_per_million: 40 } },
}

let small: SmallModel
let calls: number
/** The endpoint, and how often it is asked. */
let counted: ModelPort
let store: ObjectStore

describeModel('a small model that runs here', () => {
  beforeAll(async () => {
    small = await startSmallModel()
  })
  afterAll(() => small?.close())
  beforeEach(() => {
    const model = openAiModel({ env: {}, atOnce: 1, limitMs: 280_000 })
    calls = 0
    store = memoryStore()
    counted = {
      converse(request) {
        calls++
        return model.converse(request)
      },
    }
  })
  const said = async (model: ModelPort, ...of: Parameters<typeof question>) => {
    const reply = await model.converse(question(...of))
    if ('refused' in reply) throw new Error(reply.refused)
    return reply
  }
  const cached = () => modelMeter(counted, { calls: 100, cents: null }, prices)
  const through = (meter = cached()) => meter.through(answerCache(store, clock, 'run'), 'replay')

  it('answers from what stands in its context, and tells its tokens', async () => {
    const reply = await said(counted, small, QUOTE)
    expect(reply.content).toContain('Monday')
    expect(reply.prompt_tokens).toBeGreaterThan(10)
    expect(reply.completion_tokens).toBeGreaterThan(0)
    expect(reply.cut).toBe(true)
  })

  it('says the same at temperature 0, whatever it was asked before', async () => {
    const first = await said(counted, small, QUOTE)
    await said(counted, small, OPEN)
    expect((await said(counted, small, QUOTE)).content).toBe(first.content)
  })

  it('at a temperature above 0: a seed repeats, draws differ, and each draw is kept', async () => {
    const warm = { temperature: 1, max_tokens: 6 }
    const draws = async (model: ModelPort) => {
      const replies: ModelReply[] = []
      for (const sample of [0, 1, 2]) replies.push(await said(model, small, OPEN, { ...warm, sample }))
      return replies.map(({ content }) => content)
    }
    const first = await draws(through())
    expect(new Set(first).size).toBeGreaterThan(1)
    expect(calls).toBe(3)
    expect(await draws(through())).toEqual(first)
    expect(calls).toBe(3)
    // The seed alone gives the same words, without the cache.
    expect(await draws(counted)).toEqual(first)
  })

  it('is asked no call above its budget, and goes on where it ended', async () => {
    const prompts = ['One, two,', 'A, B,', 'Monday, Tuesday,', 'red, green,']
    const ask = (meter: ReturnType<typeof cached>) => {
      const model = through(meter)
      return Promise.allSettled(prompts.map((prompt) => said(model, small, prompt, { max_tokens: 2 })))
    }
    const short = await ask(modelMeter(counted, { calls: 2, cents: null }, prices))
    expect(calls).toBe(2)
    expect(short.filter((r) => r.status === 'rejected' && r.reason instanceof BudgetSpent)).toHaveLength(2)
    const raised = modelMeter(counted, { calls: 4, cents: 1 }, prices)
    expect((await ask(raised)).every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(calls).toBe(4)
    const [usage] = usageRows(raised.tally(), prices)
    expect(usage).toMatchObject({ answers: 4, paid: 4, refused: 0 })
    expect(usage!.cents).toBeGreaterThan(0)
  })
})
