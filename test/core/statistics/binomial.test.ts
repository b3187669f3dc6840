import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binomCdf, binomPmf, binomTail, casesForZeroFailures, upperRate } from '#core/statistics/binomial.ts'

const rate = fc.double({ min: 0, max: 1, noNaN: true })

describe('binomCdf', () => {
  test('equals the sum of the terms for small n', () => {
    for (const n of [0, 1, 2, 7, 20]) {
      for (const p of [0, 1e-9, 0.3, 0.5, 0.97, 1]) {
        let sum = 0
        for (let k = 0; k <= n; k++) {
          let choose = 1
          for (let i = 1; i <= k; i++) choose = (choose * (n - k + i)) / i
          const term = choose * p ** k * (1 - p) ** (n - k)
          expect(binomPmf(k, n, p)).toBeCloseTo(term, 14)
          sum += term
          expect(binomCdf(k, n, p)).toBeCloseTo(sum, 13)
        }
      }
    }
  })

  test('is complementary to the tail and rises in k', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        rate,
        (n, share, p) => {
          const k = Math.floor(share * n)
          expect(binomCdf(k, n, p) + binomTail(k + 1, n, p)).toBeCloseTo(1, 12)
          expect(binomCdf(k, n, p)).toBeGreaterThanOrEqual(binomCdf(k - 1, n, p) - 1e-14)
        },
      ),
    )
  })

  test('is 0 below and 1 from n on', () => {
    expect(binomCdf(-1, 10, 0.5)).toBe(0)
    expect(binomCdf(10, 10, 0.5)).toBe(1)
    expect(binomCdf(9, 10, 1)).toBe(0)
    expect(binomPmf(-1, 10, 0.5)).toBe(0)
    expect(binomPmf(11, 10, 0.5)).toBe(0)
    expect(binomTail(11, 10, 0.5)).toBe(0)
    expect(binomTail(10, 10, 1)).toBe(1)
  })

  test('keeps its digits at a million trials', () => {
    // (1-p)^n and its complement have closed forms; the middle of a symmetric law is known too.
    expect(binomCdf(0, 1e6, 1e-5)).toBeCloseTo(Math.exp(1e6 * Math.log1p(-1e-5)), 18)
    const middle = binomPmf(500_000, 1e6, 0.5)
    expect(binomCdf(499_999, 1e6, 0.5)).toBeCloseTo((1 - middle) / 2, 12)
  })

  test('fails outside its ranges, naming value and range', () => {
    expect(() => binomCdf(1, -1, 0.5)).toThrow('n must be an integer >= 0, got -1')
    expect(() => binomCdf(0.5, 2, 0.5)).toThrow(RangeError)
    expect(() => binomCdf(1, 2, 1.5)).toThrow('p must be in [0, 1], got 1.5')
    expect(() => binomCdf(1, 2, Number.NaN)).toThrow(RangeError)
  })
})

describe('upperRate', () => {
  test('inverts the distribution function', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom(0.05, 0.01, 1e-4, 0.605, 0.867, 0.999),
        (n, share, alpha) => {
          const x = Math.floor(share * n)
          expect(binomCdf(x, n, upperRate(x, n, alpha))).toBeCloseTo(alpha, 9)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('reads "< 0.153 %" for 0 of 3000 at 1 %, and 1 when everything violates', () => {
    expect(upperRate(0, 3000, 0.01)).toBeCloseTo(0.00153, 5)
    expect(upperRate(7, 7, 0.05)).toBe(1)
  })

  test('fails outside its ranges', () => {
    expect(() => upperRate(3, 2, 0.05)).toThrow('x must be an integer in [0, 2], got 3')
    expect(() => upperRate(0, 0, 0.05)).toThrow(RangeError)
    expect(() => upperRate(0, 5, 0)).toThrow('alpha must be in (0, 1), got 0')
  })
})

describe('casesForZeroFailures', () => {
  test('is the smallest N with (1-v)^N <= alpha', () => {
    const level = fc.double({ min: 1e-4, max: 0.5, noNaN: true })
    fc.assert(
      fc.property(level, level, (v, alpha) => {
        const cases = casesForZeroFailures(v, alpha)
        expect((1 - v) ** cases).toBeLessThanOrEqual(alpha * (1 + 1e-9))
        expect((1 - v) ** (cases - 1)).toBeGreaterThan(alpha * (1 - 1e-9))
      }),
    )
  })

  test('does not round an exact solution up', () => {
    expect(casesForZeroFailures(0.5, 0.25)).toBe(2)
  })

  test('fails for a rate of zero, which no sample proves', () => {
    expect(() => casesForZeroFailures(0, 0.05)).toThrow('v must be in (0, 1), got 0')
    expect(() => casesForZeroFailures(0.01, 1)).toThrow(RangeError)
  })
})
