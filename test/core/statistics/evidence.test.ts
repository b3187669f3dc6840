import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultStake, evidence, gradedPower, pEvidence } from '#core/statistics/evidence.ts'
import { generator } from '#core/statistics/generator.ts'

const deltas = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 })

describe('evidence', () => {
  test('is the product of the bets, whatever their order', () => {
    fc.assert(
      fc.property(deltas, fc.infiniteStream(fc.nat()), (list, keys) => {
        const shuffled = list
          .map((delta) => ({ delta, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ delta }) => delta)
        const money = evidence(list, 0.02, 0.6)
        expect(evidence(shuffled, 0.02, 0.6)).toBe(money)
        const product = list.reduce((sum, delta) => sum * (1 + 0.6 * (delta + 0.02)), 1)
        expect(money).toBeCloseTo(product, Math.max(0, 9 - Math.ceil(Math.log10(product + 1))))
      }),
    )
  })

  test('does not grow in expectation when the mean drop is the margin', () => {
    // d = -1 with probability .02, else 0: the mean is exactly -.02, so one bet keeps its expected money.
    expect(0.02 * evidence([-1], 0.02, 0.9) + 0.98 * evidence([0], 0.02, 0.9)).toBeCloseTo(1, 14)
  })

  test('fails for a stake that could lose more than everything, and for a delta outside -1 to 1', () => {
    expect(() => evidence([0], 0.02, 1 / 0.98)).toThrow(/stake must be in \[0, 1.0204/)
    expect(() => evidence([0, Number.NaN], 0.02, 0.5)).toThrow('delta must be in [-1, 1], got NaN')
    expect(() => evidence([0], 1, 0.5)).toThrow(RangeError)
  })
})

describe('pEvidence', () => {
  test('is 1/E, at most 1', () => {
    expect(pEvidence(40)).toBe(0.025)
    expect(pEvidence(0.3)).toBe(1)
    expect(pEvidence(0)).toBe(1)
    expect(pEvidence(Infinity)).toBe(0)
    expect(() => pEvidence(-1)).toThrow(RangeError)
  })
})

describe('defaultStake', () => {
  test('lets a clean sheet pass wherever an allowed stake can', () => {
    for (const [n, alpha, m] of [
      [200, 0.05, 0.02],
      [300, 0.025, 0.02],
      [500, 0.01, 0.02],
      [100, 0.05, 0.05],
    ] as const) {
      expect(pEvidence(evidence(Array(n).fill(0), m, defaultStake(n, alpha, m)))).toBeLessThanOrEqual(alpha)
    }
  })

  test('is one half at a margin of 0 and never above its limit', () => {
    expect(defaultStake(200, 0.05, 0)).toBe(0.5)
    expect(defaultStake(20, 0.05, 0.02)).toBe(0.95 / 0.98)
  })
})

describe('gradedPower', () => {
  const seed = 7

  test('is 1 for clean search data on a large set and 0 for a small or a harmful one', () => {
    const clean = Array<number>(100).fill(0)
    expect(gradedPower(clean, 300, 0.02, 0.8, 0.05, seed)).toBe(1)
    expect(gradedPower(clean, 50, 0.02, 0.8, 0.05, seed)).toBe(0)
    expect(gradedPower(clean.fill(-0.1), 300, 0.02, 0.8, 0.05, seed)).toBe(0)
  })

  test('counts the resamples whose evidence reaches 1/alpha', () => {
    const observed = [...Array<number>(90).fill(0), ...Array<number>(6).fill(0.5), ...Array<number>(4).fill(-0.5)]
    const next = generator(seed)
    let passed = 0
    for (let resample = 0; resample < 100; resample++) {
      const drawn = Array.from({ length: 250 }, () => observed[Math.floor((next() * 100) / 2 ** 32)]!)
      if (pEvidence(evidence(drawn, 0.02, 0.7)) <= 0.05) passed++
    }
    expect(gradedPower(observed, 250, 0.02, 0.7, 0.05, seed, 100)).toBe(passed / 100)
    expect(passed).toBeGreaterThan(10)
    expect(passed).toBeLessThan(90)
  })

  test('fails without search data', () => {
    expect(() => gradedPower([], 100, 0.02, 0.5, 0.05, seed)).toThrow('length must be an integer')
    expect(() => gradedPower([0], 0, 0.02, 0.5, 0.05, seed)).toThrow(RangeError)
  })
})
