/** What is kept of a candidate while its cases are rendered is as exact as the cases themselves. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantileOf } from '#core/evaluate/metric.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { RenderedCandidate } from '#core/search/rendered-candidate.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`
/** Whole milliseconds, and numbers that half the room does not hold. */
const latency = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(2 ** 24 + 1, 0.1, 1e11 - 1, 33.3))
const sides = fc.array(fc.tuple(latency, latency, fc.nat({ max: 3 }), fc.boolean()), { minLength: 1, maxLength: 40 })

test('latencies by their exact value, and families with a bypass once each', () => {
  fc.assert(
    fc.property(sides, (cases) => {
      const heads = cases.map(([, , family], i) => ({
        case_id: `case ${String(i).padStart(2, '0')}`,
        family_id: `f${family}`,
        digest: DIGEST,
      }))
      const baseline = cases.map(([before]) => ({ ...NOT_MEASURED, latency_ms: before, approval_bypass: false }))
      const candidate = new RenderedCandidate(makePanel(heads, baseline), 0)
      for (const [i, [, after, , bypasses]] of cases.entries())
        candidate.add(i, {
          measures: { ...NOT_MEASURED, latency_ms: after, approval_bypass: bypasses },
          amounts: [],
          context: 1,
        })
      const values = Float64Array.from(cases, ([, after]) => after)
      expect(candidate.metric('p95_latency_ms')).toBe(quantileOf('p95_latency_ms', values))
      const bypassing = new Set(cases.filter(([, , , bypasses]) => bypasses).map(([, , family]) => family))
      expect(candidate.violations('approval_bypass').violating).toBe(bypassing.size)
    }),
    { numRuns: 100 },
  )
})
