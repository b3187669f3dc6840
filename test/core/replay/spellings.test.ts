/** What spellings of numbers and days mean. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { daysOf, numbersOf, readingsOf } from '#core/replay/spellings.ts'

describe('a number', () => {
  test.each<[string, number[]]>([
    ['1200.5', [1200.5]],
    ['1,200.50', [1200.5]],
    ['1.200,50', [1200.5]],
    ["1'200.50", [1200.5]],
    ['1 200,50', [1200.5]],
    ['1,200', [1.2, 1200]],
    ['1.200', [1.2, 1200]],
    ['1,234,567', [1234567]],
    ['12,5', [12.5]],
    ['0.125', [0.125]],
    ['1200', [1200]],
    ['00712', []],
  ])('%s means %o', (spelled, values) => {
    expect(readingsOf(spelled)).toEqual(values)
  })

  test.each<[string, number[][]]>([
    ['refund of €1,200.50 today', [[1200.5]]],
    ['-40.25 on 3 lines', [[-40.25], [3]]],
    ['range 120-140', [[120], [140]]],
    ['1200.50USD', [[1200.5]]],
    ['R1200 and 1200kg and v1.2.3', []],
    ['ends with 1200.', [[1200]]],
    ['a, 1200, b', [[1200]]],
  ])('stands in "%s"', (text, values) => {
    expect(numbersOf(text).map((n) => n.values)).toEqual(values)
  })

  test('is read back from every usual spelling of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 99_999_999 }), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
        const value = Number(`${whole}.${String(cents).padStart(2, '0')}`)
        for (const locale of ['en-US', 'de-DE', 'de-CH', 'fr-FR', 'sv-SE']) {
          const spelled = value.toLocaleString(locale, { minimumFractionDigits: 2 })
          const text = `total ${spelled} due`
          const found = numbersOf(text)
          expect(
            found.flatMap((n) => n.values),
            spelled,
          ).toContain(value)
          expect(text.slice(found[0]!.at, found[0]!.end)).toBe(spelled)
        }
      }),
    )
  })
})

describe('a day', () => {
  test.each<[string, string[]]>([
    ['2026-11-28', ['2026-11-28']],
    ['2026-11-28t10:15:00z', ['2026-11-28']],
    ['2026/11/28', ['2026-11-28']],
    ['28.11.2026', ['2026-11-28']],
    ['28.11.26', ['2026-11-28']],
    ['11/28/2026', ['2026-11-28']],
    ['03/04/2026', ['2026-04-03', '2026-03-04']],
    ['nov 28, 2026', ['2026-11-28']],
    ['november 28th 2026', ['2026-11-28']],
    ['28 nov. 2026', ['2026-11-28']],
    ['the 28th of november, 2026', ['2026-11-28']],
    ['20261128', ['2026-11-28']],
    ['2026-02-30', []],
    ['13/13/2026', []],
    ['2026-11-281', []],
    ['version 1.2.2026.4', ['2026-02-01']],
  ])('%s is %o', (text, days) => {
    expect(daysOf(text).flatMap((d) => d.days)).toEqual(days)
  })

  test('without a year is a month and a date', () => {
    expect(daysOf('on may 17 or 3rd of june').map((d) => d.monthDay)).toEqual(['05-17', '06-03'])
  })

  test('is read back from every usual spelling of it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('2069-12-31'), noInvalidDate: true }),
        (date) => {
          const day = date.toISOString().slice(0, 10)
          const [y, m, d] = day.split('-').map(Number) as [number, number, number]
          const month = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' }).format(date).toLowerCase()
          for (const spelled of [
            day,
            `${d}.${m}.${y}`,
            `${m}/${d}/${y}`,
            `${d}/${m}/${y}`,
            `${month} ${d}, ${y}`,
            `${d} ${month.slice(0, 3)} ${y}`,
            day.replaceAll('-', ''),
          ])
            expect(
              daysOf(`on ${spelled}.`).flatMap((f) => f.days),
              spelled,
            ).toContain(day)
        },
      ),
    )
  })
})
