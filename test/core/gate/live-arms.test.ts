/** Both arms of a live question: who counts is fixed at sealing, and what is lost speaks for nobody. */
import { describe, expect, test } from 'vitest'
import { utilityPairs } from '#core/evaluate/pairs.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { UNREPLAYABLE } from '#core/evaluate/scorecard.ts'
import { familyDifferences } from '#core/gate/family-differences.ts'
import { floorViolations } from '#core/gate/floor-tallies.ts'
import { liveArms } from '#core/gate/live-arms.ts'
import type { CaseScore } from '#core/gate/score.ts'
import { mapped } from '#core/statistics/series.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { Measures } from '#schemas/suite.ts'
import { measuresLike } from '../../support/builders.ts'

const head = (i: number) => ({ case_id: `c${i}`, family_id: `f${i}`, digest: `sha256:${i}`, floors: 'e/p' })
const panelOf = (measures: readonly Measures[]) =>
  makePanel(
    measures.map((_, i) => head(i)),
    measures,
    '0'.repeat(32),
  )
const facts = { excluded_families: { some: 1, all: 1 } } as HeldoutVersion
const target = {
  metric: 'economics_tokens_per_decision',
  direction: 'decrease',
  guardrails: {},
  ranges: { economics_tokens_per_decision: { max_rise: 300 } },
} as const
const replayed = (over: Partial<Measures> = {}): CaseScore => ({
  status: 'replayed',
  measures: measuresLike(over),
  floors: 'p',
})
const LOST: CaseScore = { status: 'unreplayable', measures: UNREPLAYABLE, floors: 'f' }

describe('a case whose baseline arm has no answer', () => {
  const sealed = panelOf([measuresLike(), measuresLike(), measuresLike({ utility_passed: null, utility_score: null })])
  const arms = liveArms(sealed, facts, target, [LOST, replayed(), replayed()], [replayed(), replayed(), replayed()])
  const measures = mapped(arms.cases, (score) => score.measures)

  test('is one of the families that count as broken, beside those of the sealing', () => {
    expect(arms.facts.excluded_families).toEqual({ some: 2, all: 1 })
    expect(facts.excluded_families).toEqual({ some: 1, all: 1 })
  })

  test('stays one of n, regresses in no pair, and improves in none', () => {
    expect(utilityPairs(arms.panel, measures)).toMatchObject({ labelled: 2, regressions: 0, improvements: 0 })
    expect(floorViolations(arms.panel, arms.cases, 1)).toEqual([{ violations: 0, exposed: 0 }])
  })

  test('costs the worst that was declared', () => {
    const reading = { metric: 'economics_tokens_per_decision', sign: 1, max: 300, cap: null } as const
    expect([...familyDifferences(arms.panel, measures, reading).sums].map(({ sum }) => sum)).toEqual([300, 0, 0])
  })
})

test('n depends on no answer: what was labelled at sealing counts, and nothing else', () => {
  const sealed = panelOf([measuresLike(), measuresLike({ utility_passed: null, utility_score: null })])
  const silent = replayed({ utility_passed: null, utility_score: null })
  const { panel, cases, facts: now } = liveArms(sealed, facts, target, [silent, replayed()], [replayed(), replayed()])
  const pairs = utilityPairs(
    panel,
    mapped(cases, (score) => score.measures),
  )
  expect(pairs.labelled).toBe(1)
  expect(now.excluded_families).toEqual({ some: 2, all: 1 })
})

test('a baseline that is wrong today is held against nobody, and a candidate that has no answer loses', () => {
  const sealed = panelOf([measuresLike(), measuresLike()])
  const wrong = replayed({ utility_passed: false, utility_score: 0 })
  const { panel, cases } = liveArms(sealed, facts, target, [wrong, replayed()], [replayed(), LOST])
  const measures = mapped(cases, (score) => score.measures)
  expect(utilityPairs(panel, measures)).toMatchObject({ labelled: 2, regressions: 1, improvements: 1 })
  expect(floorViolations(panel, cases, 1)[0]!.violations).toBe(1)
})
