/** One budget for many functions: never missed by a call, and what was set aside and not spent comes back. */
import { describe, expect, test } from 'vitest'
import type { ModelRequest } from '#core/model/request.ts'
import type { ModelPort } from '#ports'
import type { PriceTable } from '#schemas/pack.ts'
import { sharedBudget } from '../../../functions/steps/live/shared-budget.ts'
import { spentBy } from '../../../functions/steps/live/spent.ts'
import { memory } from '../stores.ts'

const KEY = ['asked#sha256:a', 'search'] as const
const request = (prompt: string): ModelRequest => ({
  model: { provider: 'openai', base_url: 'https://models.example/v1', model: 'small' },
  max_tokens: 10,
  temperature: 0,
  seed: null,
  prompt,
  sample: 0,
})
const prices: PriceTable = {
  price_table: 'prices.test',
  models: { small: { prompt_cents_per_million: 1e6, completion_cents_per_million: 1e6 } },
}
const counting = (usage: { prompt_tokens: number | null; completion_tokens: number | null }) => {
  const asked: string[] = []
  const model: ModelPort = {
    async converse({ prompt }) {
      asked.push(prompt)
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (prompt.startsWith('broken')) throw new Error('it broke')
      return { model: 'small', content: 'yes', tool_calls: [], latency_ms: 1, ...usage }
    },
  }
  return { asked, model }
}

/** Functions that ask several at once until they are told that nothing is left. */
const functions = async (
  n: number,
  calls: number,
  budget: { calls: number; cents: number | null },
  endpoint: ModelPort,
) => {
  const { table } = memory()
  const refused: string[] = []
  await Promise.all(
    Array.from({ length: n }, async (_, f) => {
      const shared = sharedBudget(table, KEY, budget, prices)
      const port = shared.within(endpoint)
      await Promise.all(
        Array.from({ length: calls }, (_, i) =>
          port.converse(request(`${f} ${i}`)).catch((error: Error) => refused.push(error.message)),
        ),
      )
      await shared.giveBack()
    }),
  )
  return { refused, spent: await spentBy(table, KEY) }
}

describe('a budget that many functions share', () => {
  test('is spent to what was asked, and no call beyond it', async () => {
    const { asked, model } = counting({ prompt_tokens: 2, completion_tokens: 1 })
    const { refused, spent } = await functions(8, 40, { calls: 200, cents: null }, model)
    expect(asked.length).toBeLessThanOrEqual(200)
    // Of a budget that is nearly spent each function sets one call aside at a time.
    expect(asked.length).toBeGreaterThan(190)
    expect(refused[0]).toMatch(/the budget of 200 calls is spent/)
    expect(spent).toEqual({ calls: asked.length, cents: 3 * asked.length })
  })

  test('holds cents as well: what a call may cost at most is set aside until it is known', async () => {
    const { asked, model } = counting({ prompt_tokens: null, completion_tokens: null })
    const { refused, spent } = await functions(4, 30, { calls: 1000, cents: 400 }, model)
    expect(spent.cents).toBeLessThanOrEqual(400)
    expect(spent.calls).toBe(asked.length)
    expect(asked.length).toBeGreaterThan(25)
    expect(refused[0]).toMatch(/the budget of 400 cents is spent/)
  })

  test('a call that breaks costs nothing, and a function that dies keeps what it had set aside', async () => {
    const { table } = memory()
    const { model } = counting({ prompt_tokens: 1, completion_tokens: 1 })
    const first = sharedBudget(table, KEY, { calls: 64, cents: null }, prices)
    await expect(first.within(model).converse(request('broken'))).rejects.toThrow('it broke')
    await first.giveBack()
    expect(await spentBy(table, KEY)).toEqual({ calls: 0, cents: 0 })
    const dies = sharedBudget(table, KEY, { calls: 64, cents: null }, prices)
    await dies.within(model).converse(request('one'))
    expect((await spentBy(table, KEY)).calls).toBe(4)
  })

  test('a budget in cents for a model without a price asks nothing', async () => {
    const { asked, model } = counting({ prompt_tokens: 1, completion_tokens: 1 })
    const { table } = memory()
    const none = { price_table: 'prices.none', models: {} }
    const port = sharedBudget(table, KEY, { calls: 9, cents: 5 }, none).within(model)
    await expect(port.converse(request('one'))).rejects.toThrow(/prices.none has no price for small/)
    expect(asked).toEqual([])
  })
})
