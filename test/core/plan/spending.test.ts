/** Nothing begins that might go beyond a budget; what nobody can count stops a budget of cents. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { centsOfRun, Spending } from '#core/plan/spending.ts'
import { aRun, modelCall, prices, said } from '../../support/builders.ts'

describe('a budget', () => {
  test.each([
    ['calls that are left', { cents: null, calls: 3 }, 1, [1, 1], null],
    ['calls that are used', { cents: null, calls: 2 }, 1, [1, 1], '2 recordings were tried'],
    ['calls, whatever they cost', { cents: null, calls: 3 }, null, [null, 9], null],
    ['cents that are left', { cents: 3, calls: null }, 1, [1, 1], null],
    [
      'cents that another one may take',
      { cents: 3, calls: null },
      1,
      [1, 1.5],
      '2.5 of 3 cents are spent, and another recording may cost 1.5',
    ],
    ['cents where nobody knows the first', { cents: 3, calls: null }, null, [], 'nobody knows what a recording costs'],
    ['cents where one was not counted', { cents: 30, calls: null }, 1, [1, null], 'x1 counted no tokens'],
  ])('%s', (_, budget, dearest, costs, says) => {
    const spending = new Spending(budget, dearest)
    for (const [i, cents] of costs.entries()) spending.add(`x${i}`, cents)
    expect(spending.stop).toEqual(says === null ? null : expect.stringContaining(says))
  })

  test('counts what is under way as the dearest, and what failed too', () => {
    const spending = new Spending({ cents: 3, calls: null }, 1)
    spending.begin()
    spending.begin()
    expect(spending.stop).toBeNull()
    spending.begin()
    expect(spending.stop).toMatch('0 of 3 cents are spent')
    spending.end('a', null, true)
    expect([spending.cents, spending.calls]).toEqual([1, 1])
  })

  test('is never gone beyond where no recording is dearer than those that were served', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { maxLength: 60 }),
        (cents, costs) => {
          const spending = new Spending({ cents, calls: null }, 5)
          for (const cost of costs) {
            if (spending.stop !== null) break
            spending.begin()
            spending.end('x', cost)
          }
          expect(spending.cents).toBeLessThanOrEqual(cents)
        },
      ),
    )
  })
})

test.each([
  ['every call counts', [modelCall(), modelCall()], 2.4],
  ['one without tokens makes all of it unknown', [modelCall(), modelCall({ completion_tokens: null })], null],
  ['so does one without a price', [modelCall({ model: 'small' })], null],
  ['and a run without a call', [said('user', 'hello')], null],
])('cents of a run: %s', (_, steps, cents) => {
  const found = centsOfRun(aRun('r', { steps }), prices())
  expect(found === null ? null : Number(found.toPrecision(9))).toBe(cents)
})
