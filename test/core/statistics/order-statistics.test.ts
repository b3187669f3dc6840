import { describe, expect, test } from 'vitest'
import { pHB, quantileLowerIndex, quantileUpperIndex } from '#core/statistics/order-statistics.ts'

describe('order statistics', () => {
  test('bracket the quantile from both sides', () => {
    expect(quantileLowerIndex(500, 0.95, 0.05)!).toBeLessThan(475)
    expect(quantileUpperIndex(500, 0.95, 0.05)!).toBeGreaterThan(475)
  })

  test('are null where too few values can hold a bound', () => {
    expect(quantileUpperIndex(58, 0.95, 0.05)).toBeNull()
    expect(quantileLowerIndex(2, 0.1, 0.05)).toBeNull()
  })

  test('fail outside their ranges', () => {
    expect(() => quantileUpperIndex(0, 0.95, 0.05)).toThrow('n must be an integer >= 1, got 0')
    expect(() => quantileLowerIndex(5, 1, 0.05)).toThrow('q must be in (0, 1), got 1')
  })
})

describe('pHB', () => {
  test('is 1 at and above the limit', () => {
    expect(pHB(0.02, 100, 0.02)).toBe(1)
    expect(pHB(1, 100, 0.02)).toBe(1)
  })

  test('fails for a difference, which is no loss', () => {
    expect(() => pHB(-0.01, 200, 0.02)).toThrow('risk must be in [0, 1], got -0.01')
  })
})
