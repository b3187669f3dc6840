/** Room: whatever is told fits, keeps its shape, and says what was cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitted, fittedRows, within } from '../../../functions/steps/agent/room.ts'

const anything = fc.object({ maxDepth: 4, withUnicodeString: true, withNullPrototype: false })

test('what fits stays as it is; what does not is cut until it does, or is not told', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 2, max: 2000 }), (value, most) => {
      const json = JSON.parse(JSON.stringify(value))
      const told = fitted(json, most)
      if (JSON.stringify(json).length <= most) expect(told).toBe(json)
      else if (told !== undefined) expect(JSON.stringify(told).length).toBeLessThanOrEqual(most)
    }),
  )
})

test('long texts and lists are cut and counted; ids and names never are', () => {
  const value = { id: 'a'.repeat(300), text: 'x'.repeat(200_000), list: Array.from({ length: 900 }, (_, i) => i) }
  const told = fitted(value, 5000)!
  expect(told.id).toBe(value.id)
  expect(told.text).toMatch(/^x+ \.\.\. \(\d+ characters more\)$/)
  expect(told.list.length).toBeLessThan(900)
  const counted = { cut: 0 }
  within(value, { text: 1000, parts: 10 }, counted)
  expect(counted.cut).toBe(2)
  expect((within('ab\ud83d\ude00', { text: 3, parts: 1 }, counted) as string).isWellFormed()).toBe(true)
})

test('rows are told from the front as far as they fit together, a long one cut by itself', () => {
  const rows = Array.from({ length: 50 }, (_, n) => ({ n, text: 'y'.repeat(n === 0 ? 100_000 : 100) }))
  const { told, passed } = fittedRows(rows, 8000)
  expect(passed).toBe(told.length)
  expect(told.map(({ n }) => n)).toEqual(told.map((_, i) => i))
  expect(told.length).toBeGreaterThan(10)
  expect(told[0]!.text.length).toBeLessThan(2000)
  expect(JSON.stringify(told).length).toBeLessThanOrEqual(8002)
})

test('undefined is what fits in no room, and null is a value', () => {
  expect(fitted(null, 10)).toBeNull()
  expect(fitted({ a: { b: 'z'.repeat(400) }, c: { d: 'z'.repeat(400) } }, 50)).toBeUndefined()
})
