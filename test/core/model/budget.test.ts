import { describe, expect, it } from 'vitest'
import { modelName } from '#core/live/model-name.ts'
import { charge, NOTHING_SPENT, overBudget, reservation } from '#core/model/budget.ts'
import { priceOf } from '#core/model/cost.ts'
import { plannedCents, plannedText } from '#core/model/planned.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { PriceTable } from '#schemas/pack.ts'

const prices: PriceTable = {
  price_table: 'prices@1.0.0',
  models: { small: { prompt_cents_per_million: 1_000_000, completion_cents_per_million: 2_000_000 } },
}
const openai = (model: string) => ({ provider: 'openai', base_url: 'http://h/v1', model }) as const
const request: ModelRequest = {
  model: openai('small'),
  prompt: 'four',
  max_tokens: 3,
  temperature: 0,
  seed: null,
  sample: 0,
}
const cheap = { calls: 10, cents: 20 }

describe('a budget', () => {
  it('sets aside the most that a call may cost: its prompt by estimate, and the longest answer', () => {
    expect(reservation(cheap, prices, request)).toEqual({ calls: 1, cents: 1 + 3 * 2 })
  })

  it('sets aside the dearer rate where an answer may be all reasoning, or its prompt be written into a cache', () => {
    const dearer = {
      ...prices.models.small!,
      reasoning_cents_per_million: 5_000_000,
      cache_write_cents_per_million: 3_000_000,
    }
    expect(reservation(cheap, { ...prices, models: { small: dearer } }, request)!.cents).toBe(3 + 3 * 5)
    const cheaper = { ...prices.models.small!, reasoning_cents_per_million: 1, cache_write_cents_per_million: 1 }
    expect(reservation(cheap, { ...prices, models: { small: cheaper } }, request)!.cents).toBe(1 + 3 * 2)
  })

  it('is charged what was used; the most, where nobody told it', () => {
    expect(charge(prices, request, { prompt_tokens: 2, completion_tokens: 1 })).toEqual({ calls: 1, cents: 4 })
    expect(charge(prices, request, { prompt_tokens: null, completion_tokens: 1 })).toEqual({ calls: 1, cents: 7 })
    expect(charge(prices, request, null)).toEqual({ calls: 1, cents: 7 })
  })

  it.each([
    ['calls left', { calls: 9, cents: 0 }, null],
    ['the last call', { calls: 10, cents: 0 }, '10 calls'],
    ['just enough cents', { calls: 0, cents: 13 }, null],
    ['too few cents', { calls: 0, cents: 13.1 }, '20 cents'],
    ['cents that are no number', { calls: 0, cents: Number.NaN }, 'cents'],
  ] as const)('%s', (_, spent, words) => {
    const over = overBudget(cheap, prices, spent, request)
    if (words === null) expect(over).toBeNull()
    else expect(over).toContain(words)
  })

  it('in cents is not held without a price, and in calls it is', () => {
    const unknown = { ...request, model: openai('other') }
    expect(overBudget(cheap, prices, NOTHING_SPENT, unknown)).toContain('no price for other')
    expect(overBudget({ calls: 1, cents: null }, prices, NOTHING_SPENT, unknown)).toBeNull()
    expect(overBudget({ calls: 0, cents: null }, prices, NOTHING_SPENT, unknown)).toContain('0 calls')
  })
})

describe('a price', () => {
  it('of a model in Bedrock is found by its ARN, or by the name in it', () => {
    const model = { provider: 'bedrock', model_arn: 'arn:aws:bedrock:eu-central-1::foundation-model/small' } as const
    expect(modelName(model)).toBe('small')
    expect(priceOf(prices, model)).toBe(prices.models.small)
    expect(
      priceOf(prices, { ...model, model_arn: 'arn:aws:bedrock:eu-central-1::foundation-model/toString' }),
    ).toBeNull()
  })
})

describe('a plan', () => {
  const part = { purpose: 'replay', model: openai('small'), calls: 4, prompt_tokens: 2, max_tokens: 3 } as const

  it('costs at most all its calls with the longest answers', () => {
    expect(plannedCents([part, { ...part, calls: 1 }], prices)).toBe(5 * (2 + 6))
    expect(plannedCents([part, { ...part, model: openai('other') }], prices)).toBeNull()
    expect(plannedCents([], prices)).toBe(0)
  })

  it('is said before the first call, with where it goes', () => {
    expect(plannedText([part, { ...part, purpose: 'judge', calls: 1 }], prices, cheap)).toEqual([
      'replay: at most 4 calls of small at http://h/v1, 32 cents',
      'judge: at most 1 call of small at http://h/v1, 8 cents',
      'in all at most 5 calls, 40 cents by prices@1.0.0; answers that are kept cost nothing again',
      'budget 10 calls, 20 cents: it may end before the plan does, and what was answered until then is kept',
    ])
  })
})
