/** What is said of labels: their kinds, what was set aside, and judges beside people. */
import { expect, test } from 'vitest'
import { agreementOf, labelLines } from '#core/gate/label-wording.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'

const NO_KINDS = { human: 0, rule: 0, business: 0, judge: 0, replay: 0, unnamed: 0 }
const facts = (kinds: Partial<typeof NO_KINDS>, judge?: NonNullable<HeldoutVersion['pinned']>['judge']) => ({
  labelled: Object.values(kinds).reduce((a, b) => a + b, 0),
  labels: { kinds: { ...NO_KINDS, ...kinds }, disputed: 1, missing: 3 },
  pinned: { p95_latency_ms: null, p50_latency_ms: null, decisions: 1, ...(judge && { judge }) },
})
const judge = (both_pass: number, first_only: number, second_only: number, both_fail: number) => ({
  families: 500,
  overlap: both_pass + first_only + second_only + both_fail,
  disagreements: first_only + second_only,
  table: { both_pass, first_only, second_only, both_fail },
})

test('kinds stand with their counts, the most first, beside what was set aside', () => {
  expect(labelLines(facts({ human: 89, business: 500 }))).toEqual([
    '589 families: 500 by the business, 89 by people; set aside: 1 disputed label, 3 missing',
  ])
})

test('a judge stands beside people: n, the bound and kappa; a low kappa is said and blocks nothing', () => {
  expect(labelLines(facts({ judge: 300 }, judge(200, 2, 0, 198)))[1]).toBe(
    "judge and people differ in 2 of 400 search families, < 1.566 % at 95 %; Cohen's kappa 0.99",
  )
  expect(labelLines(facts({ judge: 300 }, judge(90, 5, 3, 2)))[1]).toBe(
    "judge and people differ in 8 of 100 search families, < 13.972 % at 95 %; Cohen's kappa 0.29 (below the usual 0.7; what blocks is the bound)",
  )
  expect(labelLines(facts({ judge: 300 }, judge(100, 0, 0, 0)))[1]).toMatch(/differ in 0 of 100 .* kappa not measured$/)
  expect(labelLines(facts({ judge: 300 }, judge(0, 0, 0, 0)))[1]).toBe(
    'no search family was labelled by the judge and by a person: their agreement is not measured',
  )
})

test('nothing is said of a version that was sealed before, and kappa is not measured where no table was kept', () => {
  const { labels: _, ...before } = facts({ human: 1 }, judge(1, 0, 0, 0))
  expect(labelLines(before)).toEqual([])
  const { table: _t, ...old } = judge(90, 5, 3, 2)
  expect(agreementOf(facts({}, old))).toMatchObject({ n: 100, disagreements: 8, kappa: null })
  expect(agreementOf(facts({ human: 3 }))).toBeNull()
})
