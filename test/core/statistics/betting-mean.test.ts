import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FamilySum, lnMeanEvidence, meanUpper, pMean, STAKES } from '#core/statistics/betting-mean.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import { generator } from '#core/statistics/generator.ts'
import { neededMean, powerMean } from '#core/statistics/mean-power.ts'

const one = (sum: number): FamilySum => ({ sum, count: 1 })
const many = (n: number, sum: number): FamilySum[] => Array.from({ length: n }, () => one(sum))
const RANGE = { max: 10, decisions: 4 }

/** Families of 0 to 4 decisions, each difference in [-50, 10]. */
const families = fc
  .array(fc.array(fc.double({ min: -50, max: 10, noNaN: true }), { maxLength: 4 }), { minLength: 1, maxLength: 60 })
  .map((list) => list.map((ds): FamilySum => ({ sum: ds.reduce((a, b) => a + b, 0), count: ds.length })))

describe('lnMeanEvidence', () => {
  test('known answers: one family, one decision', () => {
    // y = -1 with a worst of 1: each stake s gains 1 + s.
    const gain = STAKES.reduce((sum, s) => sum + 1 + s, 0) / STAKES.length
    expect(lnMeanEvidence([one(-1)], { max: 1, decisions: 1 }, 0)).toBeCloseTo(Math.log(gain), 14)
    // The worst that may be costs each stake all but 1 - s.
    const loss = STAKES.reduce((sum, s) => sum + 1 - s, 0) / STAKES.length
    expect(lnMeanEvidence([one(1)], { max: 1, decisions: 1 }, 0)).toBeCloseTo(Math.log(loss), 14)
  })

  test('twenty clear savings pass at 1 %, ten do not', () => {
    expect(pMean(many(10, -1), { max: 2, decisions: 1 }, 0)).toBeCloseTo(
      1 / ((1.45 ** 10 + 1.2 ** 10 + 1.075 ** 10) / 3),
      12,
    )
    expect(pMean(many(20, -1), { max: 2, decisions: 1 }, 0)).toBeLessThan(0.0018)
  })

  test('no bet gains in expectation when the mean is the limit: every two-point distribution', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 0.9999, noNaN: true }),
        fc.double({ min: 0.01, max: 1e4, noNaN: true }),
        (p, max) => {
          // P(d = max) = p, else the value at which the mean is 0: the expected money after one family is 1.
          const good = (-p * max) / (1 - p)
          const range = { max, decisions: 1 }
          const expected =
            p * Math.exp(lnMeanEvidence([one(max)], range, 0)) +
            (1 - p) * Math.exp(lnMeanEvidence([one(good)], range, 0))
          expect(expected).toBeCloseTo(1, 8)
        },
      ),
    )
  })

  test('passes at most 5 % of samples at the limit: skewed differences, families of unequal size', () => {
    const next = generator(7)
    const unit = () => next() / 2 ** 32
    for (const bad of [0.01, 0.05, 0.3]) {
      let passed = 0
      for (let repeat = 0; repeat < 600; repeat++) {
        const drawn = Array.from({ length: 150 }, (): FamilySum => {
          const count = unit() < 0.1 ? 4 : 1
          return { sum: count * (unit() < bad ? 10 : (-bad * 10) / (1 - bad)), count }
        })
        if (pMean(drawn, RANGE, 0) <= 0.05) passed++
      }
      // The lower 99 % limit of the share.
      expect(1 - upperRate(600 - passed, 600, 0.01)).toBeLessThanOrEqual(0.05)
    }
  })

  test('falls as a family gets worse, grows with the limit', () => {
    fc.assert(
      fc.property(families, fc.nat(), fc.double({ min: 0, max: 5, noNaN: true }), (list, at, worse) => {
        const i = at % list.length
        const { sum, count } = list[i]!
        const later = list.with(i, { sum: Math.min(count * RANGE.max, sum + worse), count })
        expect(lnMeanEvidence(later, RANGE, 1)).toBeLessThanOrEqual(lnMeanEvidence(list, RANGE, 1) + 1e-9)
        expect(lnMeanEvidence(list, RANGE, 1 + worse)).toBeGreaterThanOrEqual(lnMeanEvidence(list, RANGE, 1) - 1e-9)
      }),
    )
  })

  test('gives the same bytes in any order, and the same figure in any unit', () => {
    fc.assert(
      fc.property(families, fc.double({ min: 0.001, max: 1000, noNaN: true }), (list, unit) => {
        const money = lnMeanEvidence(list, RANGE, 1)
        expect(lnMeanEvidence(list.toReversed(), RANGE, 1)).toBe(money)
        const scaled = list.map(({ sum, count }) => ({ sum: Math.min(sum * unit, count * 10 * unit), count }))
        expect(lnMeanEvidence(scaled, { max: 10 * unit, decisions: 4 }, unit)).toBeCloseTo(money, 6)
      }),
    )
  })

  test('a range that reaches the limit only says nothing; one that ends below says all', () => {
    expect(pMean(many(500, -1), { max: 0, decisions: 1 }, 0)).toBe(1)
    expect(lnMeanEvidence(many(1, -1), { max: -0.5, decisions: 1 }, 0)).toBe(Infinity)
  })

  test('refuses what is not finite, beyond the range or above the cap', () => {
    expect(() => pMean([one(Number.NaN)], RANGE, 0)).toThrow('sum of a family must be in (-Infinity, 10')
    expect(() => pMean([one(-Infinity)], RANGE, 0)).toThrow('sum of a family')
    expect(() => pMean([one(10.1)], RANGE, 0)).toThrow('sum of a family')
    expect(() => pMean([{ sum: 0, count: 5 }], RANGE, 0)).toThrow('count of a family must be in [0, 4], got 5')
    expect(() => pMean([one(0)], { max: Infinity, decisions: 1 }, 0)).toThrow('max')
    expect(() => pMean([one(0)], RANGE, Number.NaN)).toThrow('limit')
  })
})

describe('meanUpper', () => {
  test('is the test turned round', () => {
    fc.assert(
      fc.property(families, fc.constantFrom(0.05, 0.01, 0.002), (list, alpha) => {
        const bound = meanUpper(list, RANGE, alpha)
        expect(bound).toBeLessThanOrEqual(RANGE.max)
        if (bound >= RANGE.max) return
        const step = 1e-6 * (1 + Math.abs(bound))
        expect(pMean(list, RANGE, bound + step)).toBeLessThanOrEqual(alpha * (1 + 1e-6))
        expect(pMean(list, RANGE, bound - step)).toBeGreaterThan(alpha * (1 - 1e-6))
      }),
    )
  })

  test('is above what was seen, and comes closer with more families', () => {
    const [few, more] = [50, 500].map((n) => meanUpper(many(n, -1), { max: 2, decisions: 1 }, 0.05))
    expect(few).toBeGreaterThan(more!)
    expect(more).toBeGreaterThan(-1)
    expect(more).toBeLessThan(-0.97)
  })

  test('is the declared worst where nothing was counted or all is missing', () => {
    expect(meanUpper([], RANGE, 0.05)).toBe(10)
    expect(meanUpper([{ sum: 0, count: 0 }], RANGE, 0.05)).toBe(10)
    expect(meanUpper(many(300, 10), RANGE, 0.05)).toBe(10)
  })
})

describe('powerMean and neededMean', () => {
  const question = { families: many(40, -1), range: { max: 2, decisions: 1 }, limit: 0, alpha: 0.05, seed: 3 }

  test('a sure saving passes from the number on at which the test does', () => {
    expect(powerMean(question, 10)).toBe(0)
    expect(powerMean(question, 50)).toBe(1)
    expect(neededMean(question)).toBe(50)
  })

  test('the need is where half of the resamples pass', () => {
    const mixed = { ...question, families: [...many(12, 2), ...many(28, -1.4)], range: { max: 4, decisions: 1 } }
    const needed = neededMean(mixed)!
    expect(needed).toBeGreaterThan(50)
    expect(powerMean(mixed, needed)).toBeGreaterThanOrEqual(0.5)
    expect(powerMean(mixed, needed - 50)).toBeLessThan(0.5)
  })

  test('no number would do for what is no better', () => {
    expect(neededMean({ ...question, families: many(40, 0) })).toBeNull()
    expect(neededMean({ ...question, range: { max: 0, decisions: 1 } })).toBeNull()
  })
})
