/** The codes that this program makes by itself are those of Node's HMAC. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mac } from '#core/mac.ts'

test('a code is HMAC-SHA-256, whatever the key and its length', () => {
  const wellFormed = fc.string({ unit: 'grapheme', maxLength: 200 })
  fc.assert(
    fc.property(wellFormed, wellFormed, (key, text) => {
      expect(mac(key)(text)).toBe(createHmac('sha256', key).update(text).digest('hex'))
    }),
  )
})
