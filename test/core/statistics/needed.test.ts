import { describe, expect, test } from 'vitest'
import { powerNonInferior } from '#core/statistics/acceptance.ts'
import { smoothedRates } from '#core/statistics/fixed-sequence.ts'
import { ASK_POWER, NEED_LIMIT, NEED_STEP, neededFamilies } from '#core/statistics/needed.ts'

/** The definition, without any bracket: the first multiple of 50 that starts a run of three with enough power. */
function neededByScan(alpha: number, m: number, p10: number, p01: number): number {
  const enough = (n: number) => powerNonInferior(n, alpha, m, p10, p01) >= ASK_POWER
  let n = NEED_STEP
  while (!(enough(n) && enough(n + NEED_STEP) && enough(n + 2 * NEED_STEP))) n += NEED_STEP
  return n
}

describe('neededFamilies', () => {
  // Rates for which a scan ends below about 1,500 families: quiet and noisy, improving, level and slightly worse.
  const scenarios = [0.05, 0.01].flatMap((alpha) =>
    [
      { m: 0, p10: 0, p01: 0.03 },
      { m: 0, p10: 0.01, p01: 0.03 },
      { m: 0.01, p10: 0.001, p01: 0.002 },
      { m: 0.01, p10: 0, p01: 0.015 },
      { m: 0.02, p10: 0, p01: 0 },
      { m: 0.02, p10: 0.002, p01: 0.002 },
      { m: 0.02, p10: 0.01, p01: 0.005 },
      { m: 0.02, p10: 0.025, p01: 0.025 },
      { m: 0.02, p10: 0.05, p01: 0.07 },
      { m: 0.05, p10: 0.02, p01: 0 },
      { m: 0.05, p10: 0.15, p01: 0.15 },
      { m: 0.05, p10: 0, p01: 0.3 },
      { m: 0.3, p10: 0.1, p01: 0.1 },
    ].map(({ m, p10, p01 }) => [alpha, m, p10, p01] as const),
  )
  test.each(scenarios)('is what a full scan finds at alpha=%d, m=%d, p10=%d, p01=%d', (alpha, m, p10, p01) => {
    expect(neededFamilies(alpha, m, p10, p01)).toBe(neededByScan(alpha, m, p10, p01))
  })

  test('answers for a search set in which nothing changed, and for the smallest ones', () => {
    const needAfter = (n: number, g: number, f: number) => neededFamilies(0.05, 0.02, ...smoothedRates(n, g, f))
    expect(needAfter(140, 0, 0)).toBe(150)
    expect(needAfter(140, 3, 3)).toBe(400)
    expect(needAfter(10, 0, 0)).toBe(700)
  })

  test('is null for a true drop of the margin or more, and above the limit', () => {
    expect(neededFamilies(0.05, 0.02, 0.03, 0.01)).toBeNull()
    expect(neededFamilies(0.05, 0, 0.01, 0.01)).toBeNull()
    expect(neededFamilies(0.05, 0.02, 0.1, 0.0805)).toBeNull()
    expect(neededFamilies(1e-4, 0.02, 0.001, 0.01)).toBeNull()
  })

  test('finds needs of many thousands', () => {
    expect(neededFamilies(0.01, 0.02, ...smoothedRates(140, 3, 1))).toBe(6000)
    expect(neededFamilies(0.01, 0.02, ...smoothedRates(1000, 30, 15))).toBe(10_150)
    expect(neededFamilies(0.01, 0.02, 0.02, 0.005)).toBeLessThan(NEED_LIMIT)
  })

  test('fails for a level that is no level', () => {
    expect(() => neededFamilies(0.5, 0.02, 0, 0)).toThrow('alpha must be in (0, 0.5), got 0.5')
    expect(() => neededFamilies(0.05, 0.02, 0.7, 0.7)).toThrow(RangeError)
  })
})
