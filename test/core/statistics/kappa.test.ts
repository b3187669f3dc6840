/** Cohen's kappa: published values, the closed form of two labels, and where nobody could tell. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kappa, type RaterTable } from '#core/statistics/kappa.ts'

const table = (both_pass: number, first_only: number, second_only: number, both_fail: number): RaterTable => ({
  both_pass,
  first_only,
  second_only,
  both_fail,
})

test.each<[string, RaterTable, number]>([
  ['20, 5, 10, 15 (the textbook example of grants)', table(20, 5, 10, 15), 0.4],
  ['45, 15, 25, 15: the same agreement of .6', table(45, 15, 25, 15), 0.130435],
  ['25, 35, 5, 35: the same agreement of .6, other margins', table(25, 35, 5, 35), 0.259259],
  ['y1 = 110010, y2 = 100011', table(2, 1, 1, 2), 0.333333],
  ['80, 10, 5, 5: high agreement by chance', table(80, 10, 5, 5), 0.318182],
  ['each calls the other wrong', table(0, 30, 30, 0), -1],
  ['independent raters', table(9, 21, 21, 49), 0],
])('%s', (_, counts, expected) => {
  expect(kappa(counts)).toBeCloseTo(expected, 6)
})

const counts = fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400), fc.nat(400))

test('is 2(ad - bc) / ((a+b)(b+d) + (a+c)(c+d)), the form that needs no expectation, and symmetric in raters and labels', () => {
  fc.assert(
    fc.property(counts, ([a, b, c, d]) => {
      const rest = (a + b) * (b + d) + (a + c) * (c + d)
      const value = kappa(table(a, b, c, d))
      if (rest === 0) expect(value).toBeNull()
      else expect(value).toBeCloseTo((2 * (a * d - b * c)) / rest, 9)
      for (const other of [table(a, c, b, d), table(d, c, b, a)]) {
        const same = kappa(other)
        if (value === null) expect(same).toBeNull()
        else expect(same).toBeCloseTo(value, 9)
      }
    }),
  )
})

test.each([
  ['no case', table(0, 0, 0, 0)],
  ['every case passes for both: chance alone agrees as well', table(50, 0, 0, 0)],
  ['every case fails for both', table(0, 0, 0, 50)],
])('is not measured: %s', (_, none) => {
  expect(kappa(none)).toBeNull()
})
