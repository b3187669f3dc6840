/** What whoever has a statement alone is warned of. */
import { expect, test } from 'vitest'
import { gateStatement, promotionStatement } from '#core/attest/statements.ts'
import type { CertifiedRow } from '#schemas/heldout.ts'
import type { PromotionRecord } from '#schemas/release.ts'

const file = { name: 'f', digest: { sha256: 'a'.repeat(64) } }
const row = (guardrail: string, over: Partial<CertifiedRow> = {}): CertifiedRow =>
  ({ guardrail, kind: 'certified', passed: true, ...over }) as CertifiedRow
const gate = (rows: readonly CertifiedRow[], demonstration: string | null = null) =>
  gateStatement(file, file, file, { rows, demonstration }).predicate

test('a limit that the records could not break passed no test', () => {
  expect(
    gate([row('policy'), row('safety', { kind: 'not_at_stake' }), row('latency', { kind: 'checked', passed: false })]),
  ).toMatchObject({
    result: 'PASSED',
    passedTests: ['policy'],
    warnedTests: ['safety (not at stake)'],
    failedTests: ['latency'],
  })
})

test('a demonstration certifies nothing for real use, and its statement says so', () => {
  const why = 'synthetic runs: this is a demonstration'
  expect(gate([row('policy')], why)).toMatchObject({ result: 'WARNED', passedTests: ['policy'], warnedTests: [why] })
})

test('a step of a part that nobody replayed is no plain pass; its way back is one', () => {
  const step = (over: Partial<PromotionRecord>) =>
    promotionStatement([file], [], {
      verdict: 'advanced',
      reasons: [],
      thresholds: `sha256:${'b'.repeat(64)}`,
      ...over,
    } as unknown as PromotionRecord).predicate
  const certification = 'not certified by replay'
  expect(step({})).toMatchObject({ result: 'PASSED', warnedTests: [] })
  expect(step({ certification })).toMatchObject({ result: 'WARNED', warnedTests: [certification] })
  expect(step({ certification, verdict: 'stopped' })).toMatchObject({ result: 'FAILED' })
})
