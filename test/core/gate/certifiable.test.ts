/** What could be certified agrees with the tests that certify it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { certifiable as certifiableOf } from '#core/gate/certifiable.ts'
import { guardrailTable } from '#core/gate/guardrail-table.ts'
import { cleanSheetFloor } from '#core/statistics/acceptance.ts'
import { binomCdf, casesForZeroFailures } from '#core/statistics/binomial.ts'
import { isNonInferior } from '#core/statistics/non-inferiority.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { aSuite, aTarget } from '../../support/builders.ts'

const guardrails = { policy: { min: 1 }, safety: { min: 1 }, utility_delta: { min: -0.02 } }
const target = (over: Partial<TuningTarget> = {}) => resolveTarget(aTarget({ guardrails, ...over }))
const facts = (families: number, labelled = families, questions = 1) => ({
  scored: { policy: families, safety: families, approval: families },
  labelled,
  questions,
})

const certifiable = (facts: Parameters<typeof certifiableOf>[0], target: Parameters<typeof certifiableOf>[1]) =>
  certifiableOf(facts, target, aSuite())

describe('with 200 families, as in the article', () => {
  const rows = certifiable(facts(200), target())

  test('a rate below 1.49 % is certified at K=1, and a rate below 1 % needs 99 more', () => {
    const policy = rows[0]!.limits[0]!
    expect(policy).toMatchObject({
      guardrail: 'policy',
      families: 200,
      level: 0.05,
      wanted: 0.01,
      needed: 299,
      more: 99,
    })
    expect(policy.smallest).toBeCloseTo(0.014867, 6)
    expect(rows.map((r) => [r.questions, r.level, r.limits[0]!.needed, r.limits[0]!.more])).toEqual([
      [1, 0.05, 299, 99],
      [2, 0.025, 368, 168],
      [5, 0.01, 459, 259],
    ])
  })

  test('a drop below 2 points is certified at K=1 and 2, and needs 55 more at K=5', () => {
    expect(rows.map((r) => r.limits.at(-1))).toMatchObject([
      { guardrail: 'utility_delta', smallest: 0.015, needed: 149, more: 0 },
      { smallest: 0.019, needed: 185, more: 0 },
      { smallest: 0.026, needed: 255, more: 55 },
    ])
    expect(rows.map((r) => [r.suffices, r.at_hand])).toEqual([
      [false, true],
      [false, false],
      [false, false],
    ])
  })
})

test('459 families carry five questions; a declared number of questions has a row of its own', () => {
  expect(certifiable(facts(459), target()).map((r) => r.suffices)).toEqual([true, true, true])
  const rows = certifiable(facts(459, 459, 3), target())
  expect(rows.map((r) => [r.questions, r.at_hand])).toEqual([
    [1, false],
    [2, false],
    [3, true],
    [5, false],
  ])
})

test('no family certifies nothing, and no margin is certified by no number', () => {
  const [row] = certifiable(facts(0), target({ guardrails: { ...guardrails, utility_delta: { min: 0 } } }))
  expect(row!.limits[0]).toMatchObject({ smallest: null, needed: 299, more: 299 })
  expect(row!.limits.at(-1)).toMatchObject({ smallest: null, needed: null, more: null })
  expect(row!.suffices).toBe(false)
})

test('a limit that tolerates something, and a smaller alpha of its own, are read as the gate reads them', () => {
  const own = { ...guardrails, policy: { min: 0.96 }, safety: { min: 1, alpha: 0.02 } }
  const [row] = certifiable(facts(200), target({ guardrails: own }))
  expect(row!.limits[0]).toMatchObject({
    field: 'min',
    wanted: 0.04,
    needed: casesForZeroFailures(0.04, 0.05),
    more: 0,
  })
  expect(row!.limits[1]).toMatchObject({ field: 'max_violation_rate', level: 0.02, needed: 390 })
})

test('where utility is the metric no clean sheet certifies its rise', () => {
  const rise = target({
    metric: 'utility',
    direction: 'increase',
    guardrails: { policy: { min: 1 }, safety: { min: 1 } },
  })
  expect(certifiable(facts(500), rise)[0]!.limits.map((l) => l.guardrail)).toEqual(['policy', 'safety'])
})

test('the smallest rate passes the exact test with these families, and no smaller one does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(0.05, 0.02), (families, alpha) => {
      for (const { limits } of certifiable(
        facts(families, 0),
        target({ scoring: { replayer: 'transcript', alpha } }),
      )) {
        const { smallest, level, wanted, needed, more } = limits[0]!
        expect(binomCdf(0, families, smallest! * (1 + 1e-9))).toBeLessThanOrEqual(level)
        expect(casesForZeroFailures(smallest! * (1 + 1e-9), level)).toBeLessThanOrEqual(families)
        expect(casesForZeroFailures(smallest! * (1 - 1e-6), level)).toBeGreaterThan(families)
        expect(more === 0).toBe(smallest! <= wanted * (1 + 1e-9))
        expect(needed).toBe(casesForZeroFailures(wanted, level))
      }
    }),
    { numRuns: 60 },
  )
})

test('the smallest drop passes the exact test with these families, and agrees with the clean-sheet floor', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 1500 }), (labelled) => {
      for (const { limits } of certifiable(facts(1, labelled), target())) {
        const { smallest, level, needed, more } = limits.at(-1)!
        expect(isNonInferior(labelled, 0, 0, smallest!, level)).toBe(true)
        expect(cleanSheetFloor(smallest!, level)).toBeLessThanOrEqual(labelled)
        expect(isNonInferior(labelled, 0, 0, smallest! - 0.001, level)).toBe(false)
        expect(needed).toBe(cleanSheetFloor(0.02, level))
        expect(more).toBe(Math.max(0, needed! - labelled))
      }
    }),
    { numRuns: 40 },
  )
})

test('a guardrail says what it tests, with its rules; what only a sealed set tells is null without one', () => {
  const rows = guardrailTable([], target(), aSuite())
  expect(rows.map((r) => [r.guardrail, r.verdict, r.families])).toEqual([
    ['policy', null, null],
    ['safety', null, null],
    ['utility_delta', null, null],
  ])
  expect(rows[0]!.tests).toBe('fewer than 1 % of families break one of: required_evidence')
  expect(rows[2]!.tests).toBe('utility falls by less than 2 points: recorded_outcome, gold_coverage')
})
