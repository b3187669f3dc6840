/** Cents of a call: a cache and reasoning at their own prices, and a cut never saves more than the cheapest input. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { callCents } from '#core/replay/price.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { PriceTable } from '#schemas/pack.ts'
import { aRun, modelCall, offersInOrder, prices } from '../../support/builders.ts'

const plain = { prompt_cents_per_million: 1000, completion_cents_per_million: 4000 }
const apart = {
  ...plain,
  cached_prompt_cents_per_million: 100,
  cache_write_cents_per_million: 1250,
  reasoning_cents_per_million: 5000,
}

test.each([
  [apart, { prompt: 1000, completion: 100 }, 1.4],
  [apart, { prompt: 1000, completion: 100, cached: 800 }, 0.2 + 0.08 + 0.4],
  [apart, { prompt: 1000, completion: 100, cached: 700, cacheWrite: 200 }, 0.1 + 0.07 + 0.25 + 0.4],
  [apart, { prompt: 1000, completion: 100, reasoning: 60 }, 1 + 0.16 + 0.3],
  [plain, { prompt: 1000, completion: 100, cached: 800, reasoning: 60 }, 1.4],
  [apart, { prompt: 900, completion: 100, cached: 800, cut: 100 }, 0.2 + 0.07 + 0.4],
])('%o of %o costs %d cents', (price, usage, cents) => {
  expect(callCents(price, usage)).toBeCloseTo(cents, 12)
})

test('a cut never saves more than its tokens cost at the cheapest price, and never costs more', () => {
  const tokens = fc.integer({ min: 0, max: 1000 })
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, (prompt, cachedRaw, writeRaw, cutRaw) => {
      const cached = Math.min(cachedRaw, prompt)
      const cacheWrite = Math.min(writeRaw, prompt - cached)
      const cut = Math.min(cutRaw, prompt)
      const whole = callCents(apart, { prompt, completion: 10, cached, cacheWrite })
      const less = callCents(apart, { prompt: prompt - cut, completion: 10, cached, cacheWrite, cut })
      expect(less).toBeLessThanOrEqual(whole + 1e-12)
      if (cut <= cached) expect(whole - less).toBeCloseTo((cut * 100) / 1e6, 12)
    }),
  )
})

test('a replay prices what a recorded call read from its cache', () => {
  const table = PriceTable.parse({ ...prices(), models: { large: apart } })
  const cents = (cached: number | undefined, topK: number) => {
    const run = aRun('r', {
      settings: { 'evidence.orders.top_k': 4 },
      evidence: offersInOrder(4),
      steps: [modelCall(cached === undefined ? {} : { cached_prompt_tokens: cached })],
    })
    const settings = { 'evidence.orders.top_k': topK }
    const replayed = replayTranscript(compileCase([run]), settings, { baseline: settings, prices: table })
    return 'unreplayable' in replayed ? null : replayed.cents
  }
  expect(cents(undefined, 4)).toBeCloseTo(1.2, 12)
  expect(cents(500, 4)).toBeCloseTo(0.5 + 0.05 + 0.2, 12)
  expect(cents(500, 3)).toBeCloseTo(0.5 + 0.04 + 0.2, 12)
})
