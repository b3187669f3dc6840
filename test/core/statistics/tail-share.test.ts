import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binomCdf } from '#core/statistics/binomial.ts'
import { mostAbove, neededTailShare, P95_SHARE, powerTailShare, pTailShare } from '#core/statistics/tail-share.ts'

const counts = fc
  .record({ N: fc.integer({ min: 1, max: 2000 }), share: fc.constantFrom(0.05, 0.5, 0.01) })
  .chain(({ N, share }) => fc.record({ N: fc.constant(N), share: fc.constant(share), x: fc.nat({ max: N }) }))

describe('pTailShare', () => {
  test('known answers: none above passes from 59, 72, 90 families at 5, 2.5, 1 %', () => {
    for (const [N, alpha] of [
      [59, 0.05],
      [72, 0.025],
      [90, 0.01],
    ] as const) {
      expect(pTailShare(0, N, P95_SHARE)).toBeLessThanOrEqual(alpha)
      expect(pTailShare(0, N - 1, P95_SHARE)).toBeGreaterThan(alpha)
    }
    expect(pTailShare(3, 200, 0.05)).toBeCloseTo(binomCdf(3, 200, 0.05), 15)
  })

  test('rises in x, and says nothing without families', () => {
    fc.assert(
      fc.property(counts, ({ N, share, x }) => {
        if (x < N) expect(pTailShare(x + 1, N, share)).toBeGreaterThanOrEqual(pTailShare(x, N, share))
      }),
    )
    expect(pTailShare(0, 0, 0.05)).toBe(1)
  })

  test('refuses what is no count', () => {
    expect(() => pTailShare(3, 2, 0.05)).toThrow('x must be an integer in [0, 2], got 3')
    expect(() => pTailShare(Number.NaN, 2, 0.05)).toThrow(RangeError)
    expect(() => pTailShare(0, 2, 1)).toThrow('share')
  })
})

describe('mostAbove', () => {
  test('is the last count that passes', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(0.05, 0.01, 0.001), ({ N, share }, alpha) => {
        const most = mostAbove(N, share, alpha)
        if (most >= 0) expect(pTailShare(most, N, share)).toBeLessThanOrEqual(alpha)
        if (most < N) expect(pTailShare(most + 1, N, share)).toBeGreaterThan(alpha)
      }),
    )
    expect(mostAbove(58, 0.05, 0.05)).toBe(-1)
    expect(mostAbove(59, 0.05, 0.05)).toBe(0)
  })
})

describe('power and need', () => {
  test('at the limit the power is at most the level, whatever N', () => {
    fc.assert(
      fc.property(counts, ({ N, share }) => {
        expect(powerTailShare(N, share, 0.05, share)).toBeLessThanOrEqual(0.05 + 1e-12)
      }),
    )
  })

  test('the need is the first multiple of 50 with half the power, for good', () => {
    const needed = neededTailShare(0.05, 0.01, 0.02)!
    expect(powerTailShare(needed, 0.05, 0.01, 0.02)).toBeGreaterThanOrEqual(0.5)
    expect(powerTailShare(needed - 50, 0.05, 0.01, 0.02)).toBeLessThan(0.5)
    expect(neededTailShare(0.05, 0.01, 0.05)).toBeNull()
  })
})
