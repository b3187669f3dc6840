import { describe, expect, test } from 'vitest'
import { acceptTable, cleanSheetFloor, powerNonInferior } from '#core/statistics/acceptance.ts'
import { binomPmf } from '#core/statistics/binomial.ts'
import { pNonInferior } from '#core/statistics/non-inferiority.ts'

describe('acceptTable', () => {
  test('is the smallest f with a p-value at or below the level, and never falls', () => {
    for (const [n, alpha, m] of [
      [40, 0.05, 0.1],
      [80, 0.01, 0.02],
      [60, 0.05, 0],
    ] as const) {
      const table = acceptTable(n, alpha, m, n)
      table.forEach((least, g) => {
        const passing = Array.from({ length: n - g + 1 }, (_, f) => f).filter((f) => pNonInferior(n, g, f, m) <= alpha)
        expect(least).toBe(passing[0] ?? n + 1)
        expect(least).toBeGreaterThanOrEqual(table[g - 1] ?? 0)
      })
    }
  })

  test('gives the same rows whatever was asked before', () => {
    powerNonInferior(400, 0.02, 0.02, 0.3, 0.3)
    const afterPower = acceptTable(400, 0.02, 0.02, 20)
    expect(afterPower.slice(0, 5)).toEqual(acceptTable(400, 0.02, 0.02, 4))
    expect(afterPower).toEqual([...afterPower].sort((a, b) => a - b))
    expect(pNonInferior(400, 20, afterPower[20]!, 0.02)).toBeLessThanOrEqual(0.02)
    expect(pNonInferior(400, 20, afterPower[20]! - 1, 0.02)).toBeGreaterThan(0.02)
  })

  test('accepts nothing at a level no p-value can reach', () => {
    expect(acceptTable(1000, 1e-4, 0.02, 2)).toEqual([1001, 1001, 1001])
  })

  test('fails for more regressions than families', () => {
    expect(() => acceptTable(10, 0.05, 0.02, 11)).toThrow('maxG must be an integer in [0, 10], got 11')
  })
})

describe('cleanSheetFloor', () => {
  test('is the first n that passes, and every later one passes too', () => {
    for (const [m, alpha] of [
      [0.02, 0.05],
      [0.02, 0.01],
      [0.05, 0.025],
    ] as const) {
      const floor = cleanSheetFloor(m, alpha)!
      for (let n = floor; n < 2 * floor; n++) expect(pNonInferior(n, 0, 0, m)).toBeLessThanOrEqual(alpha)
      for (let n = 1; n < floor; n++) expect(pNonInferior(n, 0, 0, m)).toBeGreaterThan(alpha)
    }
  })

  test('is null where no clean sheet proves anything', () => {
    expect(cleanSheetFloor(0, 0.05)).toBeNull()
    expect(cleanSheetFloor(0.02, 1e-4)).toBeNull()
    // Beyond what anybody labels, and beyond what the exact test can be asked in a lifetime.
    expect([1e-5, 1e-9, 5e-324].map((m) => cleanSheetFloor(m, 0.05, 1))).toEqual([null, null, null])
  })
})

describe('powerNonInferior', () => {
  test('is the probability of the acceptance region', () => {
    const [n, alpha, m] = [60, 0.05, 0.1] as const
    const table = acceptTable(n, alpha, m, n)
    for (const [p10, p01] of [
      [0, 0],
      [0.02, 0.1],
      [0.3, 0.4],
      [0.5, 0.5],
      [0, 1],
      [1, 0],
    ] as const) {
      let expected = 0
      for (let g = 0; g <= n; g++) {
        for (let f = table[g]!; f <= n - g; f++) {
          expected += binomPmf(g, n, p10) * binomPmf(f, n - g, p10 === 1 ? 0 : Math.min(1, p01 / (1 - p10)))
        }
      }
      expect(powerNonInferior(n, alpha, m, p10, p01)).toBeCloseTo(expected, 8)
    }
  })

  // Published table: power to certify a margin of 2 points at a true delta of 0 and of +.005.
  test.each([
    [200, 0.05, 0.01, 0.62, 0.86],
    [300, 0.025, 0.03, 0.41, 0.6],
    [500, 0.01, 0.05, 0.32, 0.51],
    [1000, 0.01, 0.05, 0.65, 0.86],
  ])('matches the published figures at n=%i, alpha=%d, psi=%d', (n, alpha, psi, level, improving) => {
    expect(powerNonInferior(n, alpha, 0.02, psi / 2, psi / 2)).toBeCloseTo(level, 2)
    expect(powerNonInferior(n, alpha, 0.02, (psi - 0.005) / 2, (psi + 0.005) / 2)).toBeCloseTo(improving, 2)
  })

  // The guarantee itself: a candidate whose true drop is exactly the margin passes with at most the level.
  test.each([60, 149, 200, 300].flatMap((n) => [0.05, 0.025, 0.01].map((alpha) => [n, alpha] as const)))(
    'never exceeds its level on the null at n=%i, alpha=%d',
    (n, alpha) => {
      const m = 0.02
      let worst = 0
      for (let i = 0; i <= 2000; i++) {
        const p01 = ((1 - m) / 2) * (i / 2000)
        worst = Math.max(worst, powerNonInferior(n, alpha, m, p01 + m, p01))
      }
      expect(worst).toBeLessThanOrEqual(alpha)
      expect(worst).toBeGreaterThan(alpha * 0.8)
    },
  )

  test('accepts rates that add up to 1 but for rounding', () => {
    expect(powerNonInferior(30, 0.05, 0.02, 0.9, 0.1)).toBeCloseTo(0, 10)
  })

  test('fails for rates that add up to more than 1', () => {
    expect(() => powerNonInferior(30, 0.05, 0.02, 0.6, 0.5)).toThrow('p01 must be in [0, 0.4')
    expect(() => powerNonInferior(30, 0.05, 0.02, -0.1, 0.5)).toThrow('p10 must be in [0, 1], got -0.1')
  })
})
