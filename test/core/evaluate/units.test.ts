/** Counts by family and by decision, and the families that carry most of the decisions. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { panelOf } from '#core/baseline/reproduce.ts'
import { heavyFamilies, heavyLines, unitLines, unitsOf } from '#core/evaluate/units.ts'
import { measuresLike } from '../../support/builders.ts'

const METRIC = 'economics_tokens_per_decision'
const panelOfSizes = (sizes: readonly number[]) =>
  panelOf(
    sizes.flatMap((size, f) =>
      Array.from({ length: size }, (_, i) => ({
        case: { case_id: `f${f}-${i}`, family_id: `f${f}`, digest: 'd' },
        baseline: measuresLike(),
      })),
    ),
  )

describe('a family is heavy', () => {
  test.each<[string, readonly number[], number, readonly string[]]>([
    ['above the declared share', [6, 2, 2], 0.5, ['f0']],
    ['not at it', [5, 3, 2], 0.5, []],
    ['nor where each makes one decision, however few there are', [1, 1], 0.05, []],
    ['the largest first', [3, 1, 5], 0.2, ['f2', 'f0']],
  ])('%s', (_, sizes, share, expected) => {
    expect(heavyFamilies(panelOfSizes(sizes), share).map((h) => h.family_id)).toEqual(expected)
  })

  test('and named, three of them at most', () => {
    const heavy = heavyFamilies(panelOfSizes([9, 8, 7, 6]), 0.05)
    expect(heavyLines(heavy, 30, 0.05, 'search')).toEqual([
      'of 30 search decisions 4 families carry more than 5 % each: f0 9 (30 %), f1 8 (27 %), f2 7 (23 %), and 1 more. Figures per decision speak mostly of them; counts of families do not',
    ])
    expect(heavyLines([], 30, 0.05, 'search')).toEqual([])
  })
})

describe('a candidate', () => {
  test('that breaks every decision of one family of two breaks one family and nine of ten decisions', () => {
    const panel = panelOfSizes([9, 1])
    const broken = measuresLike({ policy_violation: true, utility_passed: false, economics_tokens: 900 })
    const after = [...panel.cases].map(({ family_id }) => (family_id === 'f0' ? broken : measuresLike()))
    const units = unitsOf(panel, after, METRIC, 0.05)
    expect(units).toMatchObject({ families: 2, decisions: 10, policy_violations: 9, regressions: 9, labelled: 10 })
    // -100 in nine of ten decisions, and in one of two families.
    expect(units.metric_per_family).toBe(-50)
    expect(unitLines(units, METRIC, -90, 0.05)).toEqual([
      '2 families made 10 decisions; of the decisions 9 violate policy, 0 safety, 0 bypass an approval; utility g=9, f=0 of 10',
      `${METRIC} -90 tokens per decision, -50 tokens per family`,
      'of 10 sealed decisions one family carries more than 5 %: f0 9 (90 %). Figures per decision speak mostly of it; counts of families do not',
    ])
  })

  test('that loses a measurement has no mean per family, and a violation', () => {
    const panel = panelOfSizes([2])
    const lost = measuresLike({ economics_tokens: null, safety_violation: null })
    expect(unitsOf(panel, [lost, measuresLike()], METRIC, 0.05)).toMatchObject({
      metric_per_family: null,
      safety_violations: 1,
    })
  })

  test('is counted alike both ways where each family makes one decision', () => {
    const units = unitsOf(panelOfSizes([1, 1]), [measuresLike(), measuresLike()], METRIC, 0.05)
    expect(unitLines(units, METRIC, 0, 0.05)).toEqual(['2 families, one decision each: both counts are the same'])
  })
})

test('the shares of the heavy families are above the limit, and of all others are not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (sizes, share) => {
        const total = sizes.reduce((a, b) => a + b, 0)
        const heavy = new Map(heavyFamilies(panelOfSizes(sizes), share).map((h) => [h.family_id, h.decisions]))
        for (const [f, size] of sizes.entries())
          expect(heavy.get(`f${f}`) ?? null).toBe(size > 1 && size > share * total ? size : null)
      },
    ),
  )
})
