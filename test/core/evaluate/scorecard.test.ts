/** Verdicts folded into measures: null blocks, an operator's word counts, a degraded replay outweighs it. */
import { describe, expect, test } from 'vitest'
import { floorsOf, measuresOf, scorecardOf } from '#core/evaluate/scorecard.ts'
import { compileCase } from '#core/replay/compile.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { Scorecard } from '#schemas/suite.ts'
import {
  anEvaluator,
  anOffer,
  approval,
  aRun,
  aSuite,
  INTENT,
  modelCall,
  prices,
  toolCall,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const replayed = (run: ExperienceRun, settings: Settings = {}) => {
  const result = replayTranscript(
    compileCase([run]),
    { ...run.settings, ...settings },
    { baseline: run.settings, prices: prices() },
  )
  if ('unreplayable' in result) throw new Error(result.unreplayable)
  return result
}
const suiteOf = (...evaluators: Parameters<typeof anEvaluator>[0][]) =>
  aSuite({ evaluators: evaluators.map((e, i) => anEvaluator({ evaluator_id: `e${i}`, ...e })) })
const correction = (kind: 'outcome' | 'label_disputed' | 'note', passed: boolean | null) => ({
  operator_corrections: [{ correction_id: 'k', kind, passed, operator: null, notes: null }],
})

describe('measures', () => {
  test('are the same with and without the verdicts that they came from', () => {
    const run = aRun('r', { evidence: [anOffer('a', { gold: true, required: true })], settings: { [K]: 1 } })
    for (const k of [0, 1]) {
      const result = replayed(run, { [K]: k })
      const card = scorecardOf(aSuite(), result, INTENT)
      expect(Scorecard.parse(card)).toEqual(card)
      expect(measuresOf(aSuite(), result)).toEqual(card.measures)
      expect(card.measures.policy_violation).toBe(k === 0)
    }
  })

  test('are null in a dimension that no evaluator watches', () => {
    const suite = suiteOf({ check: 'known_provenance' })
    expect(measuresOf(suite, replayed(aRun('r')))).toMatchObject({
      policy_violation: false,
      safety_violation: null,
      approval_bypass: null,
      utility_passed: null,
      utility_score: null,
    })
  })

  test('are null when one floor is not measured, and a violation when another one failed', () => {
    const suite = suiteOf({ check: 'confirmed_before_write' }, { check: 'known_provenance' })
    const unknown = aRun('r', { steps: [toolCall('c', {}, { writes: true })] })
    expect(measuresOf(suite, replayed(unknown)).policy_violation).toBeNull()
    const bad = { ...unknown, evidence: [anOffer('a', { source: null })], settings: { [K]: 1 } }
    const offered = { ...bad, offers: { orders: { depth: 1, exhausted: true } } }
    expect(measuresOf(suite, replayed(offered)).policy_violation).toBe(true)
  })

  test('are untouched by evaluators that only report', () => {
    const suite = suiteOf({ check: 'known_provenance' }, { check: 'confirmed_before_write', role: 'report' })
    const run = aRun('r', { steps: [toolCall('c', {}, { writes: true, confirmed: false })] })
    expect(measuresOf(suite, replayed(run)).policy_violation).toBe(false)
    expect(scorecardOf(suite, replayed(run), INTENT).scores.e1!.status).toBe('fail')
    expect(floorsOf(suite, 'policy').map((e) => e.evaluator_id)).toEqual(['e0'])
  })

  test('count a bypass although no evaluator of the suite looks for one', () => {
    const run = aRun('r', {
      settings: { 'approval.refund.threshold': 100 },
      steps: [toolCall('c'), approval('c', 120)],
    })
    const suite = suiteOf({ check: 'known_provenance' })
    expect(measuresOf(suite, replayed(run, { 'approval.refund.threshold': 200 })).approval_bypass).toBe(true)
  })

  test('carry tokens, cents, latency and waits as replayed', () => {
    const run = aRun('r', {
      settings: { 'approval.refund.threshold': 100 },
      steps: [modelCall(), toolCall('c', {}, { correct: true }), approval('c', 120)],
    })
    expect(measuresOf(aSuite(), replayed(run))).toMatchObject({
      economics_tokens: 1000,
      economics_cents: 1.2,
      latency_ms: 2000,
      approval_waits: 1,
      approval_actions: 1,
    })
  })
})

describe('utility', () => {
  const suite = suiteOf(
    { check: 'recorded_outcome', kind: 'business', dimension: 'utility' },
    { check: 'gold_coverage', kind: 'replay', dimension: 'utility' },
    { check: 'operator_corrections', kind: 'human', dimension: 'utility' },
  )
  const run = (over: Partial<ExperienceRun>, passed: boolean | null = true) =>
    aRun('r', {
      evidence: [
        anOffer('a', { gold: true, text: 'ORD-77' }),
        anOffer('b', { rank: 2, gold: true }),
        anOffer('c', { rank: 3 }),
      ],
      settings: { [K]: 3 },
      steps: [modelCall(), toolCall('c', { order: 'ORD-77' })],
      ...over,
      outcome: { passed },
    })
  const utility = (recorded: ExperienceRun, k = 3) => {
    const { utility_passed, utility_score } = measuresOf(suite, replayed(recorded, { [K]: k }))
    return [utility_passed, utility_score]
  }

  test('passes when every floor does, with the smallest score', () => {
    expect(utility(run({}))).toEqual([true, 1])
    expect(utility(run({}), 1)).toEqual([false, 0.5])
    expect(utility(run({}, false))).toEqual([false, 0])
  })

  test('has no label where one floor has none', () => {
    expect(utility(run({}, null))).toEqual([null, null])
  })

  test('is what an operator said, whatever was recorded', () => {
    expect(utility(run(correction('outcome', false)))).toEqual([false, 0])
    expect(utility(run(correction('outcome', true), false))).toEqual([true, 1])
    expect(utility(run(correction('outcome', true), null))).toEqual([true, 1])
    expect(utility(run(correction('note', false)))).toEqual([true, 1])
  })

  test('loses its label where an operator disputes it', () => {
    expect(utility(run(correction('label_disputed', null)))).toEqual([null, null])
  })

  test("is no longer the operator's word once an action cannot read what it needed", () => {
    expect(utility(run(correction('outcome', true)), 0)).toEqual([false, 0])
  })

  test("is no longer the operator's word once gold fell out that stood there when it was given", () => {
    expect(utility(run(correction('outcome', true)), 1)).toEqual([false, 0.5])
    expect(utility(run(correction('outcome', true)), 2)).toEqual([true, 1])
  })

  test('stands by the operator although the record itself lacked gold', () => {
    const lacking = run({ ...correction('outcome', true), gold_not_offered: 1 })
    expect(utility(lacking)).toEqual([true, 1])
    expect(utility(lacking, 2)).toEqual([true, 1])
  })

  test('is not touched by corrections that a suite counts under another dimension', () => {
    const elsewhere = suiteOf(
      { check: 'recorded_outcome', kind: 'business', dimension: 'utility' },
      { check: 'operator_corrections', kind: 'human', dimension: 'policy' },
    )
    const measures = measuresOf(elsewhere, replayed(run(correction('outcome', false))))
    expect(measures).toMatchObject({ policy_violation: true, utility_passed: true, utility_score: 1 })
  })
})
