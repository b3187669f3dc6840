/** A table of texts is a map in the order of its keys, however many sorted runs it has become and however often they were merged. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Records } from '#core/bytes/records.ts'
import { TextTable } from '#core/bytes/text-table.ts'
import { byCodeUnit } from '#core/canonical.ts'

/** Few enough keys that they are set again, some of them the beginning of others, with and without halves of a pair. */
const key = fc.oneof(
  fc.constantFrom('', 'a', 'a ', 'a b', 'b', 'b\u0000', 'b\u0000c', '\ud800', '\ud83d\ude00', '\uffff'),
  fc.integer({ min: 0, max: 400 }).map((n) => `key ${n}`),
)
const sets = fc.array(fc.tuple(key, fc.string()), { maxLength: 900 })

test.each([1, 3, 40, 1000])('with %d texts in memory: what was set last, and every key in its place', (newest) => {
  fc.assert(
    fc.property(sets, key, (all, prefix) => {
      const table = new TextTable(new Records(), newest)
      const map = new Map<string, string>()
      for (const [name, text] of all) {
        expect(table.get(name)).toBe(map.get(name) ?? null)
        table.set(name, text)
        map.set(name, text)
      }
      for (const [name, text] of map) expect(table.get(name)).toBe(text)
      expect(table.get('never set')).toBeNull()
      const sorted = [...map].sort(([a], [b]) => byCodeUnit(a, b))
      expect([...table.entries()]).toEqual(sorted)
      expect([...table.entries(prefix)]).toEqual(sorted.filter(([name]) => name.startsWith(prefix)))
    }),
    { numRuns: 30 },
  )
})
