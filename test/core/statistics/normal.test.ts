import { describe, expect, it } from 'vitest'
import { logCdf, logExpectedImprovement } from '#core/statistics/normal.ts'

/** Midpoint sums over the density, fine enough for six digits. */
function integral(from: number, weight: (x: number) => number): number {
  const step = 1e-4
  let sum = 0
  for (let x = from + step / 2; x < 12; x += step)
    sum += (weight(x) * Math.exp(-0.5 * x * x) * step) / Math.sqrt(2 * Math.PI)
  return sum
}

describe('the normal distribution in logarithms', () => {
  it.each([-5, -2.5, -1, -0.3, 0, 0.7, 2, 4])('agrees with the integral at %d', (z) => {
    expect(Math.exp(logCdf(z))).toBeCloseTo(1 - integral(z, () => 1), 5)
    const gain = integral(-z, (x) => x + z)
    expect(Math.exp(logExpectedImprovement(z)) / gain).toBeCloseTo(1, 4)
  })

  it('stays finite and rising far out, where the plain figures are 0', () => {
    const far = [-1e6, -1e3, -40, -20, -9, -8.001, -7.999, -5]
    for (const f of [logCdf, logExpectedImprovement]) {
      const values = far.map(f)
      expect(values.every(Number.isFinite)).toBe(true)
      expect(values).toEqual([...values].sort((a, b) => a - b))
    }
    expect(logCdf(-40)).toBeCloseTo(-804.608, 2)
  })
})
