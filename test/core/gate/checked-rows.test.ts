/** Checked rows of a certificate: which rule decides, what passes, and what a person reads. */
import { describe, expect, test } from 'vitest'
import { panelOf } from '#core/baseline/reproduce.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { type Measures, NOT_MEASURED, UNREPLAYABLE } from '#core/evaluate/scorecard.ts'
import type { FirstCandidate } from '#core/gate/checked-needs.ts'
import { checkedNeeds } from '#core/gate/checked-needs.ts'
import { type CheckedQuestion, checkedRows } from '#core/gate/checked-rows.ts'
import type { Patch } from '#schemas/common.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { aPack, aTarget } from '../../support/builders.ts'

const ZERO = `sha256:${'0'.repeat(64)}`
const facts = (over: Partial<HeldoutVersion> = {}): HeldoutVersion => ({
  version: ZERO,
  intent: 'support.refund',
  alpha: 0.05,
  questions: 1,
  alpha_k: 0.05,
  families: 300,
  cases: 300,
  labelled: 300,
  scored: { policy: 300, safety: 300, approval: 300 },
  excluded: 0,
  suite: 'evals.refund@1.0.0',
  pinned: { p95_latency_ms: 1000, p50_latency_ms: 500, decisions: 2 },
  baseline: ZERO,
  ...over,
})
const REORDER: Patch = { 'evidence.source_priority': { from: 'as_ranked', to: 'named_first' } }
const TRIM: Patch = { 'budget.tool_tokens': { from: 900, to: 500 } }
const PLANNER: Patch = { 'planner.tool_preference': { from: 'direct', to: 'mcp' } }

/** One question about tokens, and p95 with a tolerance of 250 ms. */
const question = (patch: Patch, over: Partial<TuningTarget> = {}, more: Partial<CheckedQuestion> = {}) => ({
  facts: facts(),
  target: resolveTarget(
    aTarget({
      metric: 'economics_tokens_per_decision',
      guardrails: { ...aTarget().guardrails, p95_latency_delta: { max_ms: 250 } },
      ranges: undefined,
      not_measured: {},
      ...over,
    }),
  ),
  harness: { settings: {}, replayer: 'transcript' as const },
  patch,
  listed: 1,
  ...more,
})
const RANGE = { ranges: { economics_tokens_per_decision: { max_rise: 200 } } }

/** Families with so many cases each, the baseline at 100 tokens and 900 ms, the candidate by its function. */
function arms(families: number, now: (family: number) => Partial<Measures>, size = () => 1) {
  const measures: Measures[] = []
  const lines = Array.from({ length: families }, (_, f) =>
    Array.from({ length: size() }, (_, c) => {
      measures.push({ ...NOT_MEASURED, economics_tokens: 100, latency_ms: 900, ...now(f) })
      const id = `${String(f).padStart(4, '0')}_${c}`
      return {
        case: { case_id: id, family_id: `f${String(f).padStart(4, '0')}`, digest: ZERO },
        baseline: { ...NOT_MEASURED, economics_tokens: 100, latency_ms: 900 },
      }
    }),
  ).flat()
  return { panel: panelOf(lines), measures }
}
const rowsOf = (q: CheckedQuestion, { panel, measures }: ReturnType<typeof arms>) => checkedRows(q, panel, measures)
const row = (q: CheckedQuestion, a: ReturnType<typeof arms>, guardrail = 'economics_tokens_per_decision') =>
  rowsOf(q, a).find((r) => r.guardrail === guardrail)!

describe('the share of actions that wait for a person', () => {
  const waits = { metric: 'approval_wait_rate', direction: 'decrease' } as const
  const RAISED: Patch = { 'approval.refund.threshold': { from: 10, to: 20 } }
  const waiting = (families: number, now: (family: number) => Partial<Measures>) => {
    const { panel, measures } = arms(families, now)
    const base = { ...NOT_MEASURED, approval_waits: 1, approval_actions: 1 }
    return { panel: { ...panel, baseline: measures.map(() => base) }, measures }
  }
  const fewer = waiting(300, (f) => ({ approval_waits: f % 2, approval_actions: 1 }))

  test('is bounded by construction where every changed threshold rises, and asked nothing', () => {
    expect(row(question(RAISED, waits), fewer, 'approval_wait_rate')).toMatchObject({
      kind: 'checked',
      rule: 'by_construction',
      passed: true,
      counts: { lost: 0, below: 150 },
    })
  })

  test.each<readonly [string, Patch, Partial<TuningTarget>, Partial<CheckedQuestion>]>([
    ['a threshold falls', { 'approval.refund.threshold': { from: 20, to: 10 } }, waits, {}],
    ['one of two thresholds falls', { ...RAISED, 'approval.credit.threshold': { from: 2, to: 1 } }, waits, {}],
    ['another planner answers', { ...RAISED, ...PLANNER }, waits, {}],
    ['a harness answers', RAISED, waits, { harness: { settings: {}, replayer: 'module' } }],
    ['it is to rise', RAISED, { ...waits, direction: 'increase' }, {}],
    ['ranges are declared for something else', { ...RAISED, ...PLANNER }, { ...waits, ...RANGE }, {}],
  ])(
    'is not measured where %s, which blocks however good it looks, before and after the question',
    (_, patch, over, more) => {
      const q = question(patch, over, more)
      const all = waiting(300, () => ({ approval_waits: over.direction === 'increase' ? 1 : 0, approval_actions: 1 }))
      expect(row(q, all, 'approval_wait_rate')).toMatchObject({
        rule: 'not_measured',
        passed: false,
        p: null,
        bound: null,
      })
      const first = { candidate: { patch } as never, ...all, commit: ZERO, listed: 1 }
      const need = checkedNeeds(q.facts, q.target, q.harness, first).find((r) => r.guardrail === 'approval_wait_rate')!
      expect(need).toMatchObject({ verdict: 'inconclusive', needed: null })
      expect(need.note).toMatch(/^not measured: approval waits are bounded only where every changed threshold rises/)
    },
  )

  test('that was lost in one family, or fell in none, is not passed by construction', () => {
    const lost = waiting(300, (f) => (f === 7 ? {} : { approval_waits: 0, approval_actions: 1 }))
    const same = waiting(300, () => ({ approval_waits: 1, approval_actions: 1 }))
    for (const a of [lost, same])
      expect(row(question(RAISED, waits), a, 'approval_wait_rate')).toMatchObject({
        rule: 'by_construction',
        passed: false,
      })
  })
})

describe('what only trims', () => {
  test('is asked nothing, and says so', () => {
    const a = arms(300, () => ({ economics_tokens: 80 }))
    expect(rowsOf(question(TRIM), a).map((r) => [r.guardrail, r.rule, r.passed])).toEqual([
      ['p95_latency_delta', 'by_construction', true],
      ['economics_tokens_per_decision', 'by_construction', true],
    ])
    expect(row(question(TRIM), a).bound).toBeLessThan(-15)
  })

  test('passes with few families, but not where no case differs, nor with one that was lost', () => {
    expect(
      row(
        question(TRIM),
        arms(5, () => ({ economics_tokens: 80 })),
      ).passed,
    ).toBe(true)
    expect(
      row(
        question(TRIM),
        arms(300, () => ({})),
      ).passed,
    ).toBe(false)
    const lost = arms(300, (f) => (f === 7 ? UNREPLAYABLE : { economics_tokens: 80 }))
    expect(rowsOf(question(TRIM), lost).map((r) => r.passed)).toEqual([false, false])
  })
})

describe('a mean', () => {
  test('without a declared range is not measured, and says what to declare', () => {
    const found = row(
      question(REORDER),
      arms(300, () => ({ economics_tokens: 50 })),
    )
    expect([found.rule, found.passed]).toEqual(['not_measured', false])
    expect(found.note).toBe(
      'declare ranges.economics_tokens_per_decision: {"max_rise": the most tokens that one decision may rise}',
    )
  })

  test('passes at half of alpha_k / L, beside a bound on what lies beyond the range', () => {
    const a = arms(300, (f) => ({ economics_tokens: f % 10 === 0 ? 150 : 60 }))
    const found = row(question(REORDER, RANGE, { listed: 5 }), a)
    expect(found).toMatchObject({ rule: 'mean_bet', passed: true, level: 0.05 / 5 / 2, observed: -31 })
    expect(found.bound).toBeGreaterThan(-31)
    expect(found.bound).toBeLessThan(0)
    expect(found.counts).toMatchObject({ beyond: 0, worst: 200, decisions: 2 })
    expect(found.counts.beyond_below).toBeCloseTo(1 - 0.005 ** (1 / 300), 12)
  })

  test('fails with one family beyond the range, however large the saving', () => {
    const a = arms(300, (f) => ({ economics_tokens: f === 0 ? 301 : 20 }))
    expect(row(question(REORDER, RANGE), a)).toMatchObject({ passed: false, counts: { beyond: 1 } })
    const some = { ranges: { economics_tokens_per_decision: { max_rise: 200, max_share_beyond: 0.05 } } }
    expect(row(question(REORDER, some), a)).toMatchObject({ passed: true, counts: { beyond: 1 } })
  })

  test('takes the worst end for what is missing or no number', () => {
    const bad = (value: number | null) => arms(300, (f) => ({ economics_tokens: f < 30 ? value : 80 }))
    for (const value of [null, Number.NaN, Number.POSITIVE_INFINITY])
      expect(row(question(REORDER, RANGE), bad(value))).toMatchObject({ passed: false, counts: { lost: 30 } })
    expect(row(question(REORDER, RANGE), bad(80)).passed).toBe(true)
  })

  test('counts a family for no more decisions than the largest of the search has', () => {
    const a = arms(
      300,
      () => ({ economics_tokens: 60 }),
      () => 3,
    )
    expect(row(question(REORDER, RANGE), a).counts).toMatchObject({ decisions: 2, capped: 300 })
  })

  test('a higher level for more candidates is what a listed one pays', () => {
    const a = arms(140, (f) => ({ economics_tokens: f % 4 === 0 ? 150 : 60 }))
    expect(row(question(REORDER, RANGE, { listed: 1 }), a).passed).toBe(true)
    expect(row(question(REORDER, RANGE, { listed: 8 }), a).passed).toBe(false)
  })
})

describe('p95', () => {
  test('counts families whose drawn decision is above the limit that was pinned before sealing', () => {
    const slow = (count: number) => arms(300, (f) => ({ latency_ms: f < count ? 1251 : 1250 }))
    const found = row(question(PLANNER), slow(3), 'p95_latency_delta')
    expect(found).toMatchObject({ rule: 'count_above', passed: true, counts: { above: 3, pinned: 1000 } })
    expect(row(question(PLANNER), slow(15), 'p95_latency_delta').passed).toBe(false)
    const lost = arms(300, (f) => ({ latency_ms: f < 15 ? null : 900 }))
    expect(row(question(PLANNER), lost, 'p95_latency_delta')).toMatchObject({ passed: false, counts: { above: 15 } })
  })

  test('of a version that version 0.1.0 sealed is not measured', () => {
    const { pinned: _, ...old } = facts()
    const found = row(
      question(PLANNER, {}, { facts: old }),
      arms(300, () => ({})),
      'p95_latency_delta',
    )
    expect([found.rule, found.passed]).toEqual(['not_measured', false])
    expect(found.note).toMatch('sealed by version 0.1.0')
  })
})

describe('the preflight', () => {
  const first = (patch: Patch, a: ReturnType<typeof arms>): FirstCandidate => ({
    candidate: { patch } as FirstCandidate['candidate'],
    panel: a.panel,
    measures: a.measures,
    commit: ZERO,
    listed: 1,
  })
  const needs = (q: CheckedQuestion, a: ReturnType<typeof arms> | null) =>
    checkedNeeds(q.facts, q.target, q.harness, a && first(q.patch, a)).map((r) => [r.verdict, r.needed, r.note])

  test('says what to declare', () => {
    const a = arms(300, () => ({ economics_tokens: 50 }))
    expect(needs(question(REORDER), a)[1]).toEqual([
      'inconclusive',
      null,
      'not measured: declare ranges.economics_tokens_per_decision: {"max_rise": the most tokens that one decision may rise}',
    ])
    const beyond = arms(300, (f) => ({ economics_tokens: f < 2 ? 400 : 50 }))
    expect(needs(question(REORDER, RANGE), beyond)[1]).toEqual([
      'inconclusive',
      null,
      '2 of 300 search families rise by more than the declared 200: declare a larger ranges.economics_tokens_per_decision.max_rise, or a max_share_beyond',
    ])
  })

  test('asks where half of the resamples pass, and names the families that are needed', () => {
    const a = arms(300, (f) => ({ economics_tokens: f % 5 < 2 ? 150 : 60 }))
    expect(needs(question(REORDER, RANGE), a)[1]![0]).toBe('inconclusive')
    const [, needed] = needs(question(REORDER, RANGE), a)[1]!
    const enough = question(REORDER, RANGE, { facts: facts({ families: needed as number }) })
    expect(needs(enough, a)[1]![0]).toBe('ready')
  })

  test('before a search: counts alone', () => {
    const trimming = question({}, {}, { harness: { settings: aPack().settings, replayer: 'transcript' } })
    expect(needs(trimming, null)).toEqual([
      ['ready', 0, 'no replay can be above its baseline by construction: nothing is asked'],
      ['ready', 0, 'no replay can be above its baseline by construction: nothing is asked'],
    ])
    const own = question({}, RANGE, { harness: { settings: {}, replayer: 'module' }, facts: facts({ families: 90 }) })
    expect(needs(own, null)).toEqual([
      ['inconclusive', 100, '90 families, none above the limit, needs 100'],
      ['inconclusive', 100, '90 families, a bound of a mean needs 100 or more'],
    ])
  })
})
