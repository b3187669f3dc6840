import { describe, expect, test } from 'vitest'
import { defaultK, levelAfterPasses, levelTreeSum, nextLevel } from '#core/gate/levels.ts'

describe('levels', () => {
  test.each([1, 2, 3, 5, 10])('spend at most alpha over %i questions', (K) => {
    const spent = Array.from({ length: K }, (_, used) => nextLevel(0.05, K, used, false)).reduce((a, b) => a + b, 0)
    expect(spent).toBeCloseTo(0.05, 12)
    expect(levelTreeSum(0.05, K)).toBeLessThanOrEqual(0.05)
  })

  test('are 0 once the version is retired or exhausted', () => {
    expect(nextLevel(0.05, 5, 5, false)).toBe(0)
    expect(nextLevel(0.05, 5, 0, true)).toBe(0)
  })

  test('fail for a question outside the budget', () => {
    expect(() => nextLevel(0.05, 5, 6, false)).toThrow('used must be an integer in [0, 5], got 6')
    expect(() => nextLevel(0.05, 0, 0, false)).toThrow(RangeError)
    expect(() => levelAfterPasses(0.05, 5, 6, 0)).toThrow('k must be an integer in [1, 5], got 6')
    expect(() => levelAfterPasses(0.05, 5, 2, 2)).toThrow('j must be an integer in [0, 1], got 2')
  })
})

describe('defaultK', () => {
  test('takes the smallest N into account at the level of its own row', () => {
    expect(defaultK(500, 459, 0.01)).toBe(5)
    expect(defaultK(500, 458, 0.01)).toBe(2)
    expect(defaultK(500, 459, 0.01, 0.04)).toBe(2)
    expect(defaultK(0, 0, 0.01)).toBe(1)
  })
})
