/** A utility target is certified: that it rises, by the exact test or the bet, and what a person reads of it. */
import { describe, expect, test } from 'vitest'
import { panelOf } from '#core/baseline/reproduce.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { type Measures, NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { certificateOf, type GateFacts } from '#core/gate/certify.ts'
import { pNonInferior } from '#core/statistics/non-inferiority.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { anEvaluator, aSuite, aTarget } from '../../support/builders.ts'

const ZERO = `sha256:${'0'.repeat(64)}`
const change: CandidateChange = {
  candidate_id: 'c',
  layer: 'planner',
  patch: { 'planner.tool_preference': { from: 'direct', to: 'mcp' } },
  rationale: 'better answers',
}
const utility = (score: number): Partial<Measures> => ({ utility_passed: score >= 0.5, utility_score: score })

/** Families whose utility goes from the first score to the second. */
function certificate(pairs: readonly (readonly [before: number, after: number])[], suite: EvaluatorSuite = aSuite()) {
  const fine = { ...NOT_MEASURED, policy_violation: false, safety_violation: false, economics_tokens: 100 }
  const panel = panelOf(
    pairs.map(([before], i) => ({
      case: { case_id: `c${String(i).padStart(4, '0')}`, family_id: `f${String(i).padStart(4, '0')}`, digest: ZERO },
      baseline: { ...fine, ...utility(before) },
    })),
  )
  const { utility_delta: _, ...guardrails } = aTarget().guardrails!
  const gate: GateFacts = {
    facts: {
      version: ZERO,
      intent: 'support.refund',
      alpha: 0.05,
      questions: 1,
      alpha_k: 0.05,
      families: pairs.length,
      cases: pairs.length,
      labelled: pairs.length,
      scored: { policy: pairs.length, safety: pairs.length, approval: 0 },
      excluded: 0,
      suite: 'evals.refund@1.0.0',
      pinned: { p95_latency_ms: null, p50_latency_ms: null, decisions: 1 },
      baseline: ZERO,
    },
    target: resolveTarget(aTarget({ metric: 'utility', direction: 'increase', guardrails })),
    suite,
    harness: { settings: {}, replayer: 'transcript' },
    panel,
    listed: 1,
  }
  const cases = pairs.map(([, after]) => ({ status: 'replayed' as const, measures: { ...fine, ...utility(after) } }))
  return certificateOf(gate, { change, cases })
}
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value)
const row = (c: ReturnType<typeof certificate>) => c.rows.find((r) => r.guardrail === 'utility')!

describe('a target to increase utility', () => {
  test('is certified by the exact test of a drop of 0', () => {
    const better = certificate([
      ...times(12, [0, 1] as const),
      ...times(2, [1, 0] as const),
      ...times(86, [1, 1] as const),
    ])
    expect(row(better)).toMatchObject({
      kind: 'certified',
      passed: true,
      p: pNonInferior(100, 2, 12, 0),
      level: 0.05,
      counts: { labelled: 100, regressions: 2, improvements: 12 },
    })
    expect(better.rows.some((r) => r.kind === 'checked')).toBe(false)
    expect(better.certified && better.checked).toBe(true)
  })

  test('is not by a tie, nor by chance', () => {
    expect(row(certificate(times(300, [1, 1] as const))).passed).toBe(false)
    const chance = [...times(6, [0, 1] as const), ...times(4, [1, 0] as const), ...times(290, [1, 1] as const)]
    expect(certificate(chance).certified).toBe(false)
  })

  test('compares scores where the baseline has more than pass and fail', () => {
    const scores = certificate([...times(80, [0.4, 0.7] as const), ...times(20, [0.6, 0.5] as const)])
    expect(row(scores)).toMatchObject({ kind: 'certified', passed: true, counts: { stake: 0.5 } })
    expect(row(scores).observed).toBeCloseTo(0.22, 12)
    // The pass rate rises, the mean score does not.
    const fewer = certificate([...times(50, [0.4, 0.5] as const), ...times(50, [0.9, 0.6] as const)])
    expect(row(fewer).passed).toBe(false)
  })

  test('blocks and is no certificate where a model judges', () => {
    const judged = aSuite({
      evaluators: [
        ...aSuite().evaluators.filter((e) => e.dimension !== 'utility'),
        anEvaluator({ evaluator_id: 'judge', kind: 'judge', check: 'recorded_score', dimension: 'utility' }),
      ],
    })
    const found = certificate(times(100, [0, 1] as const), judged)
    expect(row(found)).toMatchObject({ kind: 'checked', passed: true })
  })
})
