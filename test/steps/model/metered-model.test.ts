import { beforeEach, describe, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import type { ModelRequest } from '#core/model/request.ts'
import { usageRows } from '#core/model/tally.ts'
import type { ModelPort, ObjectStore } from '#ports'
import type { PriceTable } from '#schemas/pack.ts'
import { BudgetSpent, modelMeter } from '../../../functions/steps/model/metered-model.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'

const prices: PriceTable = {
  price_table: 'prices@1.0.0',
  models: { small: { prompt_cents_per_million: 0, completion_cents_per_million: 1_000_000 } },
}
const asks = (prompt: string): ModelRequest => ({
  model: { provider: 'openai', base_url: 'http://h/v1', model: 'small' },
  prompt,
  max_tokens: 10,
  temperature: 0,
  seed: null,
  sample: 0,
})
const clock = { now: () => '2026-11-30T00:00:00.000Z' }

let asked: string[]
let [search, vault]: ObjectStore[] = []
/** Answers with three tokens, when it is let. */
let model: ModelPort
let gate: Promise<void>
beforeEach(() => {
  asked = []
  search = memoryStore()
  vault = memoryStore()
  gate = Promise.resolve()
  model = {
    async converse({ prompt }) {
      asked.push(prompt)
      await gate
      if (prompt === 'bad') throw new Error('throttled')
      if (prompt === 'no') return { refused: 'no' }
      const said = { model: 'small', content: prompt, tool_calls: [], prompt_tokens: 1, latency_ms: 1 }
      return { ...said, completion_tokens: prompt === 'untold' ? null : 3 }
    },
  }
})

const metered = (budget: { calls: number; cents: number | null }, payer = 'run a') => {
  const meter = modelMeter(model, budget, prices)
  return {
    meter,
    search: meter.through(answerCache(search!, clock, payer), 'replay'),
    vault: meter.through(answerCache(vault!, clock, payer), 'replay'),
  }
}
const all = (port: ModelPort, prompts: readonly string[]) =>
  Promise.allSettled(prompts.map((prompt) => port.converse(asks(prompt))))
const rejected = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.flatMap((r) => (r.status === 'rejected' ? [r.reason as Error] : []))

describe('models under a budget', () => {
  it('are asked no call more than it has, also when all ask at once, over both sides', async () => {
    const { search, vault } = metered({ calls: 5, cents: null })
    const results = [...(await Promise.all([all(search, ['1', '2', '3']), all(vault, ['1', '2', '3'])]))].flat()
    expect(asked).toHaveLength(5)
    expect(rejected(results)).toEqual([expect.any(BudgetSpent)])
    expect(rejected(results)[0]!.name).toBe('BudgetSpent')
  })

  it('are paid in cents by what they used, and never above the most that was set aside', async () => {
    const { search } = metered({ calls: 100, cents: 16 })
    for (const prompt of ['1', '2', '3', '4', '5']) await all(search, [prompt])
    // Two are paid with 6 cents; a third may cost 10, a fourth could not be paid any more.
    expect(asked).toEqual(['1', '2', '3'])
  })

  it('set the most aside for each call that is under way', async () => {
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    const { search } = metered({ calls: 100, cents: 25 })
    const under = all(search, ['1', '2', '3'])
    await new Promise((resolve) => setTimeout(resolve, 5))
    open()
    expect(rejected(await under)).toHaveLength(1)
    expect(rejected(await all(search, ['3']))).toEqual([])
  })

  it('charge nothing for a fault, and the most for an answer of which nobody told the tokens', async () => {
    const { search } = metered({ calls: 2, cents: 23 })
    expect(rejected(await all(search, ['bad']))[0]!.message).toBe('throttled')
    await all(search, ['untold'])
    expect(rejected(await all(search, ['1']))).toEqual([])
    expect(rejected(await all(search, ['2']))[0]!.message).toContain('2 calls')
    expect(asked).toEqual(['bad', 'untold', '1'])
  })

  it('still give what is kept when it is spent', async () => {
    const { search } = metered({ calls: 1, cents: null })
    await all(search, ['1', '2'])
    expect(rejected(await all(search, ['1', '1']))).toEqual([])
    expect(asked).toEqual(['1'])
  })

  it('begun again: nothing is asked twice, what the run had paid counts, what others paid does not', async () => {
    await all(metered({ calls: 9, cents: null }, 'earlier').search, ['1'])
    const budget = { calls: 3, cents: null }
    await all(metered(budget).search, ['1', '2', '3'])
    asked = []
    const again = metered(budget)
    const results = await all(again.search, ['1', '2', '3', '4', '5'])
    expect(asked).toEqual(['4'])
    expect(rejected(results)).toHaveLength(1)
    const raised = metered({ calls: 4, cents: null })
    expect(rejected(await all(raised.search, ['1', '2', '3', '4', '5']))).toEqual([])
    expect(asked).toEqual(['4', '5'])
    expect(usageRows(raised.meter.tally(), prices)[0]).toMatchObject({ answers: 5, paid: 4, completion_tokens: 12 })
  })

  it('count each request once, by purpose and side, and refusals apart', async () => {
    const { meter, search, vault } = metered({ calls: 9, cents: null })
    const judge = meter.through(answerCache(memoryStore(), clock, 'run a'), 'judge')
    await all(search, ['1', '1', 'no'])
    await all(vault, ['1'])
    await all(judge, ['verdict'])
    expect(usageRows(meter.tally(), prices).map((r) => [r.purpose, r.answers, r.refused, r.cents])).toEqual([
      ['replay', 3, 1, 6],
      ['judge', 1, 0, 3],
    ])
  })
})

it('a sealed question never meets the search: neither side reads what the other keeps', async () => {
  const { search: open, vault: sealed } = metered({ calls: 9, cents: null })
  await sealed.converse(asks('sealed words'))
  await open.converse(asks('sealed words'))
  expect(asked).toEqual(['sealed words', 'sealed words'])
  await open.converse(asks('open words'))
  const keysOf = (store: ObjectStore) => Array.fromAsync(store.list(''))
  expect([(await keysOf(search!)).length, (await keysOf(vault!)).length]).toEqual([2, 1])
})
