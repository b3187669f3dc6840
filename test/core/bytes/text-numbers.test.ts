/** Numbers of texts are those of a map that counts, however many there are. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextNumbers } from '#core/bytes/text-numbers.ts'

const text = fc.oneof(
  fc.constantFrom('', 'a', 'a ', '\ud800', '\udfff', '\ufffd', '"\\ud800"', '\ud83d\ude00'),
  fc.integer({ min: 0, max: 3000 }).map((n) => `family ${n}`),
  fc.string({ unit: 'binary' }),
)

test('texts are numbered in the order in which they came first', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4000 }), text, (all, other) => {
      const numbers = new TextNumbers()
      const map = new Map<string, number>()
      for (const one of all) {
        if (!map.has(one)) map.set(one, map.size)
        expect(numbers.add(one)).toBe(map.get(one))
      }
      expect(numbers.size).toBe(map.size)
      for (const [one, number] of map) expect(numbers.of(one)).toBe(number)
      expect(numbers.of(other)).toBe(map.get(other) ?? -1)
    }),
    { numRuns: 60 },
  )
})

test('as many as come: none is lost when there is room for more', () => {
  const numbers = new TextNumbers()
  for (let i = 0; i < 20_000; i++) expect(numbers.add(`family ${i}`)).toBe(i)
  for (let i = 0; i < 20_000; i++) expect(numbers.of(`family ${i}`)).toBe(i)
  expect(numbers.of('family 20000')).toBe(-1)
})
