/** JSON that was recorded as text: read as what it says, and never worse than it was. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { argumentsOf, jsonOfText } from '#core/replay/json-text.ts'

const plain = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('__proto__') && !JSON.stringify(value).includes('-0'))

describe('arguments', () => {
  test('are the object or list that their text says, however often it was encoded', () => {
    fc.assert(
      fc.property(plain, fc.integer({ min: 1, max: 3 }), (value, times) => {
        fc.pre(typeof value === 'object' && value !== null)
        let text = JSON.stringify(value)
        for (let i = 1; i < times; i++) text = JSON.stringify(text)
        expect(argumentsOf(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('are never converted otherwise', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), plain), (value) => {
        const read = argumentsOf(value)
        if (typeof read === 'object' || typeof value !== 'string') return
        expect(read).toBe(value)
      }),
    )
    for (const text of ['12', 'null', 'true', '"ORD-7"', '{"order":', "{'order': 'ORD-7'}", '[BUG] fix', ' ', ''])
      expect(argumentsOf(text)).toBe(text)
  })

  test('keep every digit of an id, plant no reserved key and nest no deeper than a map may', () => {
    expect(argumentsOf('{"id": 90071992547409931, "amount": 12.50}')).toEqual({ id: '90071992547409931', amount: 12.5 })
    const planted = '{"__proto__": {"a": 1}}'
    expect(argumentsOf(planted)).toBe(planted)
    const deep = '['.repeat(5000) + ']'.repeat(5000)
    expect(argumentsOf(deep)).toBe(deep)
  })
})

test('a map reads any JSON text, and gets everything else back as it was', () => {
  expect(['12', '"a"', '{"a":1}', 'no json', { a: 1 }, null, 7].map(jsonOfText)).toEqual([
    12,
    'a',
    { a: 1 },
    'no json',
    { a: 1 },
    null,
    7,
  ])
})
