/** Records come back as they were added, wherever a block ends. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Disk, Records } from '#core/bytes/records.ts'

/** A disk in memory. */
function disk(): Disk {
  const all = Buffer.alloc(8 * 1024 * 1024)
  return { write: (bytes, at) => void all.set(bytes, at), read: (bytes, at) => void all.copy(bytes, 0, at) }
}

test.each([
  ['in memory', () => new Records()],
  ['on a disk', () => new Records(disk())],
])('%s', (_, open) => {
  const character = fc.constantFrom('a', 'ß', '€', '😀', '\ud800')
  // Some fill what is left of a block of 64 KB nearly, just, or not.
  const length = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 21_800, max: 21_860 }),
    fc.constant(65_528),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(character, length, fc.boolean()), { maxLength: 12 }), (added) => {
      const records = open()
      const texts = added.map(([of, n, isText]) => (isText ? of.repeat(n) : Buffer.from(of.repeat(n))))
      const at = texts.map((text) => records.append(text))
      const bytes = texts.map((text) => Buffer.from(text as string).toString())
      expect(at.map((position) => records.read(position).toString())).toEqual(bytes)
      expect([...records.texts()]).toEqual(bytes)
      expect(records.count).toBe(texts.length)
    }),
    { numRuns: 40 },
  )
})
