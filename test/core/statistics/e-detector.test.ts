import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterDay, BETS, betsOn, evidenceOf, FRESH, type Side, thresholdOf } from '#core/statistics/e-detector.ts'
import { generator } from '#core/statistics/generator.ts'

/** Evidence after each of some days. */
const path = (days: readonly (readonly number[])[], edge: number, side: Side): number[] => {
  let state = FRESH
  return days.map((values) => {
    state = afterDay(state, betsOn(values, edge, side))
    return evidenceOf(state)
  })
}

describe('known answers of an independent implementation', () => {
  // R = (R + 1) * prod(1 + bet * (edge - x)) for each bet, then the mean over the bets, in plain double arithmetic.
  test.each([
    [
      [[1, 1, 0], [0], [1, 1], [0.5, 0.25]],
      0.9,
      'below',
      [1.2716405555555559, 7.072501265555557, 3.693055489661667, 25.471035174946387],
    ],
    [
      [[0, 0, 1], [1], [0, 0], [0.5, 0.25]],
      0.05,
      'above',
      [1.998957222222222, 17.347593843333332, 7.331253996928333, 64.49338486045822],
    ],
    [
      [
        [0.2, 0.3],
        [0.9, 0.8, 0.7],
      ],
      0.5,
      'above',
      [0.7723155555555555, 2.736890811778844],
    ],
  ] as const)('%j against %d %s', (days, edge, side, expected) => {
    for (const [i, evidence] of path(days, edge, side).entries()) expect(evidence).toBeCloseTo(expected[i]!, 10)
  })
})

describe('run lengths, by simulation', () => {
  const days = (rate: number, runs: number, threshold: number, seed: number, most: number): number => {
    const next = generator(seed)
    let state = FRESH
    for (let day = 1; day <= most; day++) {
      const values = Array.from({ length: runs }, () => (next() / 2 ** 32 < rate ? 1 : 0))
      state = afterDay(state, betsOn(values, 0.9, 'below'))
      if (evidenceOf(state) >= threshold) return day
    }
    return most
  }
  const meanOf = (chains: number, one: (seed: number) => number): number =>
    Array.from({ length: chains }, (_, seed) => one(seed + 1)).reduce((a, b) => a + b, 0) / chains

  test.each([
    [5, 33],
    [20, 12],
    [50, 6.5],
  ])('a fall from .90 to .80 at %d runs a day is found in at most %d days on average', (runs, most) => {
    const delay = meanOf(150, (seed) => days(0.8, runs, 1000, seed, 400))
    expect(delay).toBeLessThan(most)
    expect(delay).toBeGreaterThan(1)
  })

  test('at the very edge the mean time to a false alarm is at least the threshold', () => {
    expect(meanOf(120, (seed) => days(0.9, 5, 100, seed, 3000))).toBeGreaterThan(100)
  })

  test('the threshold shares the tolerated alarms among all series', () => {
    expect([thresholdOf(250, 1, 91), thresholdOf(5, 0.5, 91), thresholdOf(1, 1000, 91)]).toEqual([22750, 910, 1])
  })
})

describe('for any values', () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 })
  const edge = fc.double({ min: 0, max: 1, noNaN: true })
  const side = fc.constantFrom<Side>('below', 'above')

  test('evidence is a finite number from 0, and never falls when a value moves to the wrong side', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 30 }), edge, side, (all, at, which) => {
        const worst = which === 'below' ? 0 : 1
        for (const [i, evidence] of path(all, at, which).entries()) {
          expect(Number.isFinite(evidence) && evidence >= 0).toBe(true)
          const worse = path(
            all.slice(0, i + 1).map((day) => day.map(() => worst)),
            at,
            which,
          )[i]!
          expect(worse).toBeGreaterThanOrEqual(evidence * (1 - 1e-9))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('the order of the values of a day says nothing', () => {
    fc.assert(
      fc.property(values, edge, side, (all, at, which) => {
        const [forth, back] = [betsOn(all, at, which), betsOn([...all].reverse(), at, which)]
        for (let i = 0; i < BETS.length; i++) expect(forth[i]!).toBeCloseTo(back[i]!, 9)
      }),
    )
  })

  test('a long break stays within what a file holds', () => {
    const state = Array.from({ length: 40 }).reduce<readonly number[]>(
      (at) => afterDay(at, betsOn(Array(5000).fill(0), 1, 'below')),
      FRESH,
    )
    expect(evidenceOf(state)).toBe(1e300)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })
})

test.each([
  [[1.2], 0.5],
  [[Number.NaN], 0.5],
  [[-0.1], 0.5],
  [[0.5], 1.5],
  [[0.5], Number.NaN],
])('values %j against %d are refused', (values, edge) => {
  expect(() => betsOn(values, edge, 'above')).toThrow(RangeError)
})
