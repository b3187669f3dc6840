/** The codes that this program makes by itself are those of Node's HMAC. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mac } from '#core/mac.ts'

test('a code is HMAC-SHA-256, whatever the key and its length', () => {
  const wellFormed = fc.string({ unit: 'grapheme', maxLength: 200 })
  fc.assert(
    fc.property(wellFormed, wellFormed, fc.constantFrom(1, 2000), (key, part, times) => {
      // Also longer than the room that texts are put into.
      const text = part.repeat(times)
      const codes = [mac(key), mac(`other ${key}`), mac(key)].map((code) => code(text))
      const [own, other] = [key, `other ${key}`].map((k) => createHmac('sha256', k).update(text).digest('hex'))
      expect(codes).toEqual([own, other, own])
    }),
  )
})
