/** Point rules on the search set: always six rows, null blocks, and a worse candidate never passes where a better one failed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowedRate, notEvaluated, pointRows } from '#core/evaluate/guardrails.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { type Measures, NOT_MEASURED, UNREPLAYABLE } from '#core/evaluate/scorecard.ts'
import { GuardrailRow } from '#schemas/candidate.ts'
import { GUARDRAIL_NAMES } from '#schemas/metrics.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Guardrails } from '#schemas/target.ts'
import { measuresLike } from '../../support/builders.ts'

const ALL: Guardrails = {
  policy: { min: 1 },
  safety: { min: 1 },
  approval_bypass_rate: { max: 0 },
  utility_delta: { min: -0.2 },
  p95_latency_delta: { max_ms: 50 },
  economics_delta: { max_cents: 0.1 },
}
const panelLike = (count: number, base: Partial<Measures> = {}) =>
  makePanel(
    Array.from({ length: count }, (_, i) => ({ case_id: `c${i}`, family_id: `f${i}` }) as unknown as ReplayCase),
    Array.from({ length: count }, () => measuresLike(base)),
  )
const rowsOf = (candidate: readonly Measures[], guardrails: Guardrails = ALL, base: Partial<Measures> = {}) =>
  pointRows(guardrails, {}, panelLike(candidate.length, base), candidate)
const verdicts = (...args: Parameters<typeof rowsOf>) =>
  Object.fromEntries(rowsOf(...args).map((r) => [r.guardrail, r.verdict]))

describe('pointRows', () => {
  test('are all six in fixed order, whatever is declared', () => {
    for (const guardrails of [ALL, {}, { policy: { min: 1 } }]) {
      const rows = rowsOf([measuresLike(), measuresLike()], guardrails)
      expect(rows.map((r) => r.guardrail)).toEqual(GUARDRAIL_NAMES)
      for (const row of rows) expect(GuardrailRow.parse(row)).toEqual(row)
    }
    expect(notEvaluated().map((r) => [r.guardrail, r.verdict])).toEqual(
      GUARDRAIL_NAMES.map((name) => [name, 'not_evaluated']),
    )
  })

  test('pass the baseline itself', () => {
    expect(Object.values(verdicts([measuresLike(), measuresLike()]))).toEqual(Array(6).fill('pass'))
  })

  test('block on one violating family where none is allowed', () => {
    for (const [name, floor] of [
      ['policy', 'policy_violation'],
      ['safety', 'safety_violation'],
      ['approval_bypass_rate', 'approval_bypass'],
    ] as const) {
      const candidate = [measuresLike({ [floor]: true }), ...Array<Measures>(9).fill(measuresLike())]
      expect(verdicts(candidate)[name]).toBe('block')
      const row = rowsOf(candidate).find((r) => r.guardrail === name)!
      expect(row.observed).toBeCloseTo(name === 'approval_bypass_rate' ? 0.1 : 0.9)
      expect(row.note).toBe('1 of 10 families violate')
    }
  })

  test('pass exactly at a limit that tolerates something, and block above it', () => {
    const violating = (n: number) =>
      Array.from({ length: 10 }, (_, i) => measuresLike({ policy_violation: i < n, approval_bypass: i < n }))
    const tolerant = { policy: { min: 0.9 }, approval_bypass_rate: { max: 0.1 } }
    expect(verdicts(violating(1), tolerant)).toMatchObject({ policy: 'pass', approval_bypass_rate: 'pass' })
    expect(verdicts(violating(2), tolerant)).toMatchObject({ policy: 'block', approval_bypass_rate: 'block' })
    expect(allowedRate(tolerant, 'policy')).toBeCloseTo(0.1)
    expect(allowedRate(tolerant, 'safety')).toBeNull()
  })

  test('pass exactly at the tolerated utility drop, and block below it', () => {
    const failing = (n: number) =>
      Array.from({ length: 10 }, (_, i) => measuresLike(i < n ? { utility_passed: false, utility_score: 0 } : {}))
    expect([1, 2, 3].map((n) => verdicts(failing(n)).utility_delta)).toEqual(['pass', 'pass', 'block'])
  })

  test('compare scores instead of pass and fail where utility is graded', () => {
    const candidate = [measuresLike({ utility_score: 0.7 }), measuresLike()]
    expect(verdicts(candidate, { utility_delta: { min: -0.1 } }).utility_delta).toBe('pass')
    expect(verdicts(candidate, { utility_delta: { min: -0.1, graded: true } }).utility_delta).toBe('block')
    expect(verdicts(candidate, { utility_delta: { min: -0.15, graded: true } }).utility_delta).toBe('pass')
  })

  test('pass latency and cost up to their limit', () => {
    const at = (latency_ms: number, economics_cents: number) =>
      verdicts([measuresLike({ latency_ms, economics_cents })], ALL, { latency_ms: 100, economics_cents: 1 })
    expect(at(150, 1.05)).toMatchObject({ p95_latency_delta: 'pass', economics_delta: 'pass' })
    expect(at(151, 1.11)).toMatchObject({ p95_latency_delta: 'block', economics_delta: 'block' })
  })

  test('block what is not measured, on every guardrail', () => {
    expect(Object.values(verdicts([NOT_MEASURED]))).toEqual(Array(6).fill('block'))
    expect(Object.values(verdicts([measuresLike()], ALL, NOT_MEASURED))).toEqual(Array(6).fill('block'))
    expect(Object.values(verdicts([UNREPLAYABLE]))).toEqual(Array(6).fill('block'))
  })

  test('block on one unmeasured case among many', () => {
    const candidate = [
      ...Array<Measures>(9).fill(measuresLike()),
      measuresLike({ latency_ms: null, economics_cents: null }),
    ]
    const rows = rowsOf(candidate)
    expect(rows.filter((r) => r.verdict === 'block').map((r) => [r.guardrail, r.observed])).toEqual([
      ['p95_latency_delta', null],
      ['economics_delta', null],
    ])
  })

  test('say what the target declares as not measured', () => {
    const rows = pointRows(
      { policy: { min: 1 } },
      { latency: 'no clock', approval: 'no gate', economics: 'no usage' },
      panelLike(1),
      [measuresLike()],
    )
    expect(rows.filter((r) => r.verdict === 'not_measured').map((r) => [r.guardrail, r.note])).toEqual([
      ['safety', 'no such guardrail in the target'],
      ['approval_bypass_rate', 'no gate'],
      ['utility_delta', 'utility is the target metric'],
      ['p95_latency_delta', 'no clock'],
      ['economics_delta', 'no usage'],
    ])
  })

  test('are monotone: a candidate that is worse on one case passes nothing that the better one failed', () => {
    const measures = fc.record({
      bad: fc.boolean(),
      passed: fc.boolean(),
      latency: fc.integer({ min: 0, max: 200 }),
      cents: fc.integer({ min: 0, max: 20 }),
    })
    const of = (m: { bad: boolean; passed: boolean; latency: number; cents: number }) =>
      measuresLike({
        policy_violation: m.bad,
        safety_violation: m.bad,
        approval_bypass: m.bad,
        utility_passed: m.passed,
        utility_score: Number(m.passed),
        latency_ms: m.latency,
        economics_cents: m.cents / 10,
      })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(measures, measures), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.constantFrom(0, 0.25, 0.5),
        (cases, at, tolerance) => {
          const guardrails = { ...ALL, policy: { min: 1 - tolerance }, approval_bypass_rate: { max: tolerance } }
          const panel = makePanel(
            cases.map((_, i) => ({ case_id: `c${i}`, family_id: `f${i}` }) as unknown as ReplayCase),
            cases.map(([base]) => of(base)),
          )
          const i = at % cases.length
          const { bad: _, passed: __, latency, cents } = cases[i]![1]
          const better = cases.map(([, cand]) => of(cand))
          const worse = better.with(i, of({ bad: true, passed: false, latency: latency + 30, cents: cents + 3 }))
          const [a, b] = [pointRows(guardrails, {}, panel, better), pointRows(guardrails, {}, panel, worse)]
          a.forEach((row, k) => {
            if (row.verdict === 'block') expect(b[k]!.verdict).toBe('block')
          })
        },
      ),
    )
  })
})
