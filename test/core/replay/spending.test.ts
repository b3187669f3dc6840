/** Tokens, cents, latency and bypasses under other settings: the recorded ones less what was trimmed, or null. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import {
  anOffer,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  prices,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

const replayed = (run: ExperienceRun, settings: Settings, table: PriceTable | null = prices()): Replayed => {
  const result = replayTranscript(compileCase([run]), settings, { baseline: run.settings, prices: table })
  if ('unreplayable' in result) throw new Error(result.unreplayable)
  return result
}
const K = 'evidence.orders.top_k'

describe('tokens', () => {
  const run = aRun('r', {
    evidence: offersInOrder(3),
    settings: { [K]: 3 },
    steps: [
      said('user', 'hello', 20),
      modelCall({ prompt_tokens: 900 }),
      toolCall('a'),
      toolResult('a', 'long', 200),
      modelCall({ prompt_tokens: 1200 }),
    ],
  })

  test('of every call lose what was trimmed before it', () => {
    expect(replayed(run, { [K]: 3 }).tokens).toBe(2100)
    expect(replayed(run, { [K]: 1 }).tokens).toBe(2100 - 2 * 200)
    expect(replayed(run, { [K]: 3, 'budget.tool_tokens': 50 }).tokens).toBe(2100 - 150)
    expect(replayed(run, { [K]: 3, 'budget.memory_tokens': 5 }).tokens).toBe(2100 - 2 * 15)
  })

  test('gain what a deeper record lets in', () => {
    const shallow = { ...run, settings: { [K]: 1 } }
    expect(replayed(shallow, { [K]: 3 }).tokens).toBe(2100 + 2 * 200)
  })

  test('are those of the rendered context where no usage was recorded', () => {
    const unmetered = aRun('r', {
      evidence: offersInOrder(3),
      settings: { [K]: 3 },
      steps: [said('user', 'hello', 20), modelCall({ prompt_tokens: null })],
    })
    expect(replayed(unmetered, { [K]: 2 }).tokens).toBe(220)
    const callless = aRun('r', { evidence: offersInOrder(3), settings: { [K]: 3 } })
    expect(replayed(callless, { [K]: 2 }).tokens).toBe(200)
  })

  test('of a call never fall below 0', () => {
    const tiny = aRun('r', {
      evidence: offersInOrder(3),
      settings: { [K]: 3 },
      steps: [modelCall({ prompt_tokens: 10 })],
    })
    expect(replayed(tiny, { [K]: 1 }).tokens).toBe(0)
  })
})

describe('cents', () => {
  const call = (over: Parameters<typeof modelCall>[0] = {}) => modelCall({ prompt_tokens: 1000, ...over })
  const run = (...steps: ExperienceRun['steps']) =>
    aRun('r', { evidence: offersInOrder(3), settings: { [K]: 3 }, steps })

  test('are prompt and completion tokens at the pinned prices', () => {
    expect(replayed(run(call(), call()), { [K]: 3 }).cents).toBeCloseTo(2 * (1 + 0.2), 12)
    expect(replayed(run(call(), call()), { [K]: 1 }).cents).toBeCloseTo(2 * (0.8 + 0.2), 12)
  })

  test.each([
    ['no price table', run(call()), null],
    ['a model without a price', run(call(), call({ model: 'unlisted' })), prices()],
    ['a model without a name', run(call(), call({ model: null })), prices()],
    ['a call without prompt usage', run(call(), call({ prompt_tokens: null })), prices()],
    ['a call without completion usage', run(call(), call({ completion_tokens: null })), prices()],
    ['no call at all', run(), prices()],
  ])('are null with %s, never 0', (_, recorded, table) => {
    expect(replayed(recorded, { [K]: 3 }, table).cents).toBeNull()
    expect(replayed(recorded, { [K]: 1 }, table).cents).toBeNull()
  })
})

describe('latency', () => {
  const hopping = (second: number | null, total: number | null = 2000) =>
    aRun('r', {
      evidence: [anOffer('near'), anOffer('far', { hop: 2 }), anOffer('farther', { hop: 3 })],
      settings: { 'evidence.orders.max_hops': 3 },
      steps: [retrieval(1, 100), retrieval(2, second), retrieval(3, 50), retrieval(2, 70, 'policy')],
      outcome: { latency_ms: total },
    })

  test('loses the clocks of the hops that are not made any more', () => {
    expect(replayed(hopping(300), { 'evidence.orders.max_hops': 3 }).latencyMs).toBe(2000)
    expect(replayed(hopping(300), { 'evidence.orders.max_hops': 2 }).latencyMs).toBe(1950)
    expect(replayed(hopping(300), { 'evidence.orders.max_hops': 1 }).latencyMs).toBe(1650)
  })

  test('is null where a hop that is not made any more had no clock, or the run had none', () => {
    expect(replayed(hopping(null), { 'evidence.orders.max_hops': 2 }).latencyMs).toBe(1950)
    expect(replayed(hopping(null), { 'evidence.orders.max_hops': 1 }).latencyMs).toBeNull()
    expect(replayed(hopping(300, null), { 'evidence.orders.max_hops': 1 }).latencyMs).toBeNull()
  })

  test('of an equal context is the recorded one, although a hop that found nothing is gone', () => {
    const run = aRun('r', {
      evidence: [anOffer('near')],
      settings: { 'evidence.orders.max_hops': 2 },
      steps: [retrieval(1, 100), retrieval(2, 300)],
    })
    const result = replayed(run, { 'evidence.orders.max_hops': 1 })
    expect(result.trimmed.equal).toBe(true)
    expect(result.latencyMs).toBe(2000)
  })

  test('gains the clocks of hops that were recorded beyond the settings, and is null where they have none', () => {
    const deeper = (run: ExperienceRun) => ({ ...run, settings: { 'evidence.orders.max_hops': 1 } })
    expect(replayed(deeper(hopping(300)), { 'evidence.orders.max_hops': 2 }).latencyMs).toBe(2300)
    expect(replayed(deeper(hopping(null)), { 'evidence.orders.max_hops': 2 }).latencyMs).toBeNull()
  })
})

describe('approvals', () => {
  const gated = (amounts: (number | null)[], over: Parameters<typeof approval>[2] = {}) =>
    aRun('r', {
      settings: { 'approval.refund.threshold': 100 },
      gates: ['refund'],
      steps: amounts.flatMap((amount, i) => [
        toolCall(`c${i}`, {}, { writes: true, correct: true }),
        approval(`c${i}`, amount, over),
      ]),
    })

  test('wait at the threshold and above, and always without an amount', () => {
    const { trimmed, rightWaiting, rightActions } = replayed(gated([99, 100, 101, null]), {
      'approval.refund.threshold': 100,
    })
    expect([...trimmed.asked]).toEqual([0, 1, 1, 1])
    expect([rightWaiting, rightActions]).toEqual([3, 4])
  })

  test('that a higher threshold skips are bypasses; those that a lower one adds are not', () => {
    expect(replayed(gated([99, 100, 150, null]), { 'approval.refund.threshold': 150 }).bypassed).toEqual([1])
    expect(replayed(gated([99, 100]), { 'approval.refund.threshold': 0 }).bypassed).toEqual([])
  })

  test('of a gate of its own go by the threshold of that gate', () => {
    const run = gated([120], { gate: 'credit' })
    expect(replayed(run, { 'approval.refund.threshold': 500, 'approval.threshold': 100 }).trimmed.asked).toEqual(
      Uint8Array.of(1),
    )
  })

  test('without a threshold are as they were recorded', () => {
    const run = aRun('r', { settings: {}, steps: [toolCall('c'), approval('c', 5, { asked: true })] })
    expect([...replayed(run, {}).trimmed.asked]).toEqual([1])
  })

  test('raising the threshold never adds a wait, and only ever adds bypasses', () => {
    const amounts = fc.array(fc.option(fc.integer({ min: 0, max: 1000 })), { maxLength: 6 })
    fc.assert(
      fc.property(amounts, fc.nat(1000), fc.nat(1000), (list, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const at = (threshold: number) => replayed(gated(list), { 'approval.refund.threshold': threshold })
        expect(at(low).rightWaiting).toBeGreaterThanOrEqual(at(high).rightWaiting)
        expect(at(high).bypassed).toEqual(expect.arrayContaining([...at(low).bypassed]))
      }),
    )
  })
})

test('trimming more never costs more tokens or cents', () => {
  const runs = fc.array(fc.nat(80), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(runs, fc.nat(6), fc.nat(6), fc.nat(300), (tokens, a, b, budget) => {
      const run = aRun('r', {
        evidence: tokens.map((t, i) => anOffer(`e${i}`, { rank: i + 1, tokens: t })),
        settings: { [K]: tokens.length },
        offers: { orders: { depth: 6, exhausted: true } },
        steps: [modelCall({ prompt_tokens: 600 }), modelCall({ prompt_tokens: 700 })],
      })
      const at = (k: number, evidence: number) => replayed(run, { [K]: k, 'budget.evidence_tokens': evidence })
      const [less, more] = [at(Math.min(a, b), budget), at(Math.max(a, b), budget + 10)]
      expect(less.tokens).toBeLessThanOrEqual(more.tokens!)
      expect(less.cents!).toBeLessThanOrEqual(more.cents!)
    }),
  )
})
