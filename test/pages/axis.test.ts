import { describe, expect, test } from 'vitest'
import { linear, placesOf, ticks } from '../../functions/pages/kit/axis.ts'

describe('ticks', () => {
  test.each<[low: number, high: number, count: number, found: readonly number[]]>([
    [0, 1, 4, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.1, 0.35, 5, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]],
    [-3.2, 7.9, 4, [-2, 0, 2, 4, 6]],
    [0, 1953, 5, [0, 500, 1000, 1500]],
    [1e-7, 4e-7, 3, [1e-7, 2e-7, 3e-7, 4e-7]],
    [5, 5, 4, [5]],
    [1, 0, 2, [1, 0.5, 0]],
  ])('from %d to %d, about %i of them', (low, high, count, found) => {
    expect(ticks(low, high, count)).toEqual(found)
  })
})

test('a linear scale puts ends at ends in either direction, and a domain of one value in the middle', () => {
  expect([0, 5, 10, 20].map(linear([0, 10], [100, 200]))).toEqual([100, 150, 200, 300])
  expect([0, 5, 10].map(linear([10, 0], [100, 200]))).toEqual([200, 150, 100])
  expect(linear([3, 3], [100, 200])(3)).toBe(150)
})

test('places stand side by side, a single one in the middle', () => {
  expect(placesOf(3, [60, 0])).toEqual([60, 30, 0])
  expect(placesOf(1, [0, 60])).toEqual([30])
})
