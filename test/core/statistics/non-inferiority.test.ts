import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binomPmf, upperRate } from '#core/statistics/binomial.ts'
import { BETA, GRID, isNonInferior, pNonInferior, tangoZ, utilityBound } from '#core/statistics/non-inferiority.ts'

/** Any outcome (g, f) of n families with room for one more discordant family. */
const outcomes = fc
  .tuple(
    fc.integer({ min: 2, max: 300 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([n, a, b]) => {
    const discordant = Math.floor(a * (n - 1))
    const g = Math.floor(b * discordant)
    return { n, g, f: discordant - g }
  })
const margins = fc.constantFrom(0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)

/** The p-value from its definition: every outcome weighed one by one. */
function pFromDefinition(n: number, g: number, f: number, m: number): number {
  const bound = Math.min(upperRate(f, n, BETA), (1 - m) / 2)
  let largest = 0
  for (let i = 0; i < GRID; i++) {
    const q = (bound * i) / (GRID - 1)
    let tail = 0
    for (let G = 0; G <= n; G++) {
      for (let F = 0; F <= n - G; F++) {
        if (tangoZ(n, G, F, m) < tangoZ(n, g, f, m) - 1e-12) continue
        tail += binomPmf(G, n, q + m) * binomPmf(F, n - G, Math.min(1, q / (1 - q - m)))
      }
    }
    largest = Math.max(largest, tail)
  }
  return Math.min(1, largest + BETA)
}

describe('tangoZ', () => {
  test('rises in f and falls in g', () => {
    fc.assert(
      fc.property(outcomes, margins, ({ n, g, f }, m) => {
        const here = tangoZ(n, g, f, m)
        expect(tangoZ(n, g, f + 1, m)).toBeGreaterThanOrEqual(here - 1e-12)
        expect(tangoZ(n, g + 1, f, m)).toBeLessThanOrEqual(here + 1e-12)
      }),
    )
  })

  test('is 0 where nothing differs and nothing is tolerated', () => {
    expect(tangoZ(50, 0, 0, 0)).toBe(0)
  })
})

describe('pNonInferior', () => {
  test('keeps the whole lower tail where regressions are the rule: the exact value of a large margin', () => {
    expect(pNonInferior(10, 2, 2, 0.893)).toBeCloseTo(0.00010026434072079988, 13)
  })

  test.each([
    [1, 0, 0, 0.02],
    [1, 1, 0, 0.5],
    [8, 0, 2, 0],
    [12, 2, 5, 0.1],
    [12, 6, 6, 0.02],
    [15, 0, 15, 0.3],
    [20, 1, 4, 0.9],
    [25, 3, 3, 0.05],
  ])('follows its definition at n=%i, g=%i, f=%i, m=%d', (n, g, f, m) => {
    expect(pNonInferior(n, g, f, m)).toBeCloseTo(pFromDefinition(n, g, f, m), 12)
  })

  test('rises in g, always', () => {
    fc.assert(
      fc.property(outcomes, margins, ({ n, g, f }, m) => {
        expect(pNonInferior(n, g + 1, f, m)).toBeGreaterThanOrEqual(pNonInferior(n, g, f, m) - 1e-12)
      }),
    )
  })

  test('falls in f wherever a level could lie; small margins allow a small rise around p = .25', () => {
    fc.assert(
      fc.property(outcomes, margins, ({ n, g, f }, m) => {
        const here = pNonInferior(n, g, f, m)
        // A larger f widens the set of rates searched. Largest rise in 200,000 random outcomes: .0009, at n = 284, m = 0.
        const allowed = here < 0.1 || m >= 0.02 ? 1e-12 : 0.002
        expect(pNonInferior(n, g, f + 1, m)).toBeLessThanOrEqual(here + allowed)
      }),
    )
  })

  test('is a probability not below BETA, at any size', () => {
    for (const [n, g, f] of [
      [1, 0, 1],
      [3000, 0, 0],
      [3000, 1500, 1500],
      [20_000, 1000, 1000],
    ] as const) {
      const p = pNonInferior(n, g, f, 0.02)
      expect(p).toBeGreaterThanOrEqual(BETA)
      expect(p).toBeLessThanOrEqual(1)
    }
  })

  test('fails for counts and margins that cannot be', () => {
    expect(() => pNonInferior(10, 6, 5, 0.02)).toThrow('f must be an integer in [0, 4], got 5')
    expect(() => pNonInferior(10, 0, 0, 1)).toThrow('m must be in [0, 1), got 1')
    expect(() => pNonInferior(10.5, 0, 0, 0.02)).toThrow(RangeError)
  })
})

describe('isNonInferior', () => {
  test('agrees with the p-value', () => {
    fc.assert(
      fc.property(outcomes, margins, fc.constantFrom(0.2, 0.05, 0.01), ({ n, g, f }, m, alpha) => {
        expect(isNonInferior(n, g, f, m, alpha)).toBe(pNonInferior(n, g, f, m) <= alpha)
      }),
    )
  })
})

describe('utilityBound', () => {
  test('is the smallest margin in thousandths that is certified', () => {
    const bound = utilityBound(500, 1, 4, 0.01)!
    expect(pNonInferior(500, 1, 4, bound)).toBeLessThanOrEqual(0.01)
    expect(pNonInferior(500, 1, 4, bound - 0.001)).toBeGreaterThan(0.01)
    expect(bound).toBeLessThan(0.02)
  })

  test('is 0 for a clear improvement and null when no margin would do', () => {
    expect(utilityBound(100, 0, 30, 0.05)).toBe(0)
    expect(utilityBound(20, 20, 0, 0.05)).toBeNull()
  })
})
