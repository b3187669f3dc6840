/** What a change cannot do to any replay: true of every recording, or not said. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { neverRises, trimmingPatch } from '#core/replay/by-construction.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Patch, Settings } from '#schemas/common.ts'
import type { Offer } from '#schemas/experience-run.ts'
import { aCase, anOffer, approval, aRun, retrieval, toolCall } from '../../support/builders.ts'

const TOP_K = 'evidence.orders.top_k'
const HOPS = 'evidence.orders.max_hops'
const transcript = (settings: Settings) => ({ settings, replayer: 'transcript' as const })
const change = (path: string, from: string | number, to: string | number): Patch => ({ [path]: { from, to } })

describe('neverRises', () => {
  test('tokens of what only trims', () => {
    const of = (patch: Patch, settings: Settings = {}) =>
      neverRises('economics_tokens_per_decision', patch, transcript(settings))
    expect(of(change('budget.tool_tokens', 900, 500))).toBe(true)
    expect(of(change('budget.evidence_tokens', 900, 500), { 'budget.evidence_tokens': 900 })).toBe(true)
    expect(of(change(TOP_K, 9, 5))).toBe(true)
    expect(of({ ...change(TOP_K, 9, 5), ...change('approval.refund.threshold', 10, 20) })).toBe(true)
    expect(of(change(TOP_K, 5, 9))).toBe(false)
    expect(of(change(TOP_K, 9, 5), { 'budget.evidence_tokens': 900 })).toBe(false)
    expect(of({ ...change(TOP_K, 9, 5), ...change('budget.evidence_tokens', 900, 500) })).toBe(false)
    expect(of(change('evidence.source_priority', 'as_ranked', 'named_first'))).toBe(false)
    expect(of(change('planner.tool_preference', 'direct', 'mcp'))).toBe(false)
  })

  test('latency counts hops alone, waits the threshold alone', () => {
    expect(neverRises('p95_latency_ms', change(HOPS, 3, 2), transcript({}))).toBe(true)
    expect(neverRises('p95_latency_ms', change(HOPS, 2, 3), transcript({}))).toBe(false)
    expect(neverRises('approval_wait_rate', change('approval.refund.threshold', 10, 20), transcript({}))).toBe(true)
    expect(neverRises('approval_wait_rate', change('approval.refund.threshold', 20, 10), transcript({}))).toBe(false)
  })

  test('nothing of a harness of the user’s own, nor of utility', () => {
    expect(neverRises('economics_cents_per_decision', change(TOP_K, 9, 5), { settings: {}, replayer: 'module' })).toBe(
      false,
    )
    expect(neverRises('utility', change(TOP_K, 9, 5), transcript({}))).toBe(false)
  })

  const settings = { [TOP_K]: 6, [HOPS]: 3 }
  const offers = fc.array(
    fc.record({ hop: fc.integer({ min: 1, max: 3 }), tokens: fc.integer({ min: 1, max: 400 }) }),
    { minLength: 1, maxLength: 12 },
  )
  const recorded = (list: readonly Partial<Offer>[], under: Settings) =>
    aCase(
      aRun('run', {
        settings: under,
        offers: { orders: { depth: list.length, exhausted: true } },
        evidence: list.map((offer, i) => anOffer(`ref${i}`, { rank: i + 1, ...offer })),
        steps: [retrieval(1, 20), retrieval(2, 30), retrieval(3, 50)],
        outcome: { latency_ms: 900 },
      }),
    )

  test('holds of replays: nothing is read or waited for that the baseline did not', () => {
    fc.assert(
      fc.property(offers, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), (list, topK, hops) => {
        const replayCase = recorded(list, settings)
        const patch = { ...change(TOP_K, 6, topK), ...change(HOPS, 3, hops) }
        expect(neverRises('economics_tokens_per_decision', patch, transcript(settings))).toBe(true)
        const pins = { baseline: settings, prices: null }
        const before = replayTranscript(replayCase, settings, pins) as Replayed
        const after = replayTranscript(replayCase, { [TOP_K]: topK, [HOPS]: hops }, pins) as Replayed
        expect(after.tokens).toBeLessThanOrEqual(before.tokens!)
        expect(after.latencyMs!).toBeLessThanOrEqual(before.latencyMs!)
      }),
    )
  })

  test('holds of approval waits: under a higher threshold nobody waits who did not, and the same actions count', () => {
    const amounts = fc.array(fc.option(fc.nat(100), { nil: null }), {
      minLength: 1,
      maxLength: 6,
    })
    const T = 'approval.refund.threshold'
    fc.assert(
      fc.property(amounts, fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 6 }), (list, low, more, topK) => {
        const [from, to] = [low, low + more]
        const under = { ...settings, [T]: from }
        const replayCase = aCase(
          aRun('run', {
            settings: under,
            offers: { orders: { depth: 1, exhausted: true } },
            evidence: [anOffer('ref0', { rank: 1 })],
            steps: list.flatMap((amount, i) => [
              toolCall(`c${i}`, {}, { correct: true }),
              approval(`c${i}`, amount, { asked: amount === null || amount >= from }),
            ]),
          }),
        )
        const patch = { ...change(T, from, to), ...change(TOP_K, 6, topK) }
        expect(neverRises('approval_wait_rate', patch, transcript(under))).toBe(true)
        const pins = { baseline: under, prices: null }
        const before = replayTranscript(replayCase, under, pins) as Replayed
        const after = replayTranscript(replayCase, { ...under, [T]: to, [TOP_K]: topK }, pins) as Replayed
        expect(before.rightActions).toBe(list.length)
        expect(after.rightActions).toBe(before.rightActions)
        expect(after.rightWaiting).toBeLessThanOrEqual(before.rightWaiting)
      }),
    )
  })

  test('is not said where a passage that falls out lets longer ones in', () => {
    // The budget stops at the third passage; without it the next ones are read.
    const under = { ...settings, 'budget.evidence_tokens': 300 }
    const list = [
      { hop: 1, tokens: 10 },
      { hop: 1, tokens: 400 },
      { hop: 2, tokens: 250 },
    ]
    const ranked = list.map((offer, i) => ({ ...offer, ranks: { as_ranked: [1, 2, 1][i]! } }))
    const replayCase = recorded(ranked, under)
    const pins = { baseline: under, prices: null }
    const before = replayTranscript(replayCase, under, pins) as Replayed
    const after = replayTranscript(replayCase, { ...under, [TOP_K]: 1 }, pins) as Replayed
    expect(after.tokens).toBeGreaterThan(before.tokens!)
    expect(neverRises('economics_tokens_per_decision', change(TOP_K, 6, 1), transcript(under))).toBe(false)
  })
})

test('a search space at its most trimming: numbers lower, thresholds higher, words as they are', () => {
  const settings = { [TOP_K]: 6, 'approval.refund.threshold': 100, 'evidence.source_priority': 'as_ranked' }
  expect(trimmingPatch(Object.keys(settings), settings)).toEqual({
    ...change(TOP_K, 6, 5),
    ...change('approval.refund.threshold', 100, 101),
    ...change('evidence.source_priority', 'as_ranked', 'as_ranked'),
  })
})
