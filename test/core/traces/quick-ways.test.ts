/** What is asked of every span has a quick way, and it says what the long one says. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { millis } from '#core/traces/ids.ts'
import { plain } from '#core/traces/values.ts'
import { nameOf } from '#core/traces/words.ts'
import { MOST } from '#schemas/measures.ts'

const instant = fc.bigInt({ min: 1n, max: 253_402_300_799_999_999_999n })
const near = fc.tuple(instant, fc.bigInt({ min: -10_000n, max: 10_000_000_000_000n }))
const pair = fc.oneof(
  fc.tuple(instant, instant),
  near.map(([start, lasts]) => [start, start + lasts < 1n ? 1n : start + lasts] as [bigint, bigint]),
)

test('milliseconds between two instants are those of whole nanoseconds', () => {
  fc.assert(
    fc.property(pair, ([start, end]) => {
      const ms = Number((end - start) / 1000n) / 1000
      expect(millis(String(start), String(end))).toBe(ms >= 0 && ms <= MOST.ms ? ms : null)
    }),
  )
})

test.each([
  ['1', '1', 0],
  ['999', '1000', 0],
  ['1000', '1', 0],
  ['1000000', '999000', null],
  ['999999999', '1000000999', 0.001],
])('from %s to %s: %s', (start, end, ms) => {
  expect(millis(start, end)).toBe(ms)
})

test('a whole number keeps all its digits, as a number or as text', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (int) => {
      const safe = int >= BigInt(Number.MIN_SAFE_INTEGER) && int <= BigInt(Number.MAX_SAFE_INTEGER)
      expect(plain({ intValue: String(int) })).toBe(safe ? Number(int) : String(int))
    }),
  )
  expect(plain({ intValue: '-0' })).toBe(0)
  expect(plain({ intValue: '007' })).toBe(7)
  expect(plain({ intValue: '0090071992547409930' })).toBe('90071992547409930')
})

const piece = fc.constantFrom('a', 'Z', '0', ' ', '.', ':', '@', '-', '_', '/', '../', '\n', '\u007f', '\ud800', 'ß')
const words = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.constantFrom('constructor', 'prototype', '__proto__', 'a'.repeat(300), 'a'.repeat(301), `${'a'.repeat(299)} b`),
)

test('a name is trimmed, cut and well formed, whichever way it is told', () => {
  fc.assert(
    fc.property(words, (name) => {
      const text = name
        .replace(/\p{Cc}/gu, '')
        .trim()
        .slice(0, 300)
      const odd = text === '' || text.includes('../') || ['__proto__', 'constructor', 'prototype'].includes(text)
      expect(nameOf(name)).toBe(odd ? null : text.toWellFormed())
    }),
  )
})
