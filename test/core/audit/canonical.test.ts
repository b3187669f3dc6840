/** Canonical JSON is what the library for RFC 8785 writes, whichever way it is written. */
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, digestOf, nextLink, readBack, sealedText } from '#core/canonical.ts'

/** Whatever a JSON parser returns. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'toJSON', 'constructor', '€', '\u2028', '10', '9'),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom(null, true, false, 0, -0, 1e21, 1e-7, 5e-324, 2 ** 53),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie('tree')),
    fc.dictionary(text, tie('tree')),
  ),
}))

describe('canonical JSON', () => {
  it('is the text of the library for whatever a JSON parser returns', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(canonical(value)).toBe(canonicalize(value))
        expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(canonicalize(value))
      }),
      { numRuns: 200 },
    )
  })

  class Point {
    x = 1
  }
  const nested = (levels: number, inmost: unknown) => {
    let value = inmost
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { b: 1, a: value }
    return value
  }
  it.each<[string, unknown]>([
    ['fields and elements that are undefined', { b: undefined, a: [undefined, 1] }],
    ['an array with holes', Object.assign(new Array(3), { 1: 'x' })],
    ['fields that are functions or symbols', { a: () => 1, b: Symbol('x'), c: [() => 1] }],
    ['a date', { at: new Date(0) }],
    ['an object that says its own form', { toJSON: () => ({ b: 1, a: 2 }) }],
    ['boxed values', [new Number(1), new String('x'), new Boolean(false)]],
    ['an instance, a map, a null prototype', [new Point(), new Map([[1, 2]]), Object.create(null)]],
    ['the same object twice', ((one) => [one, one])({ a: 1 })],
    ['keys in the order of their code units', { '\u{1F600}': 1, '\uFB33': 2, 10: 3, 9: 4, '': 5 }],
    ['more containers than recursion would bear', nested(20_000, { z: 1, y: 2 })],
  ])('is the text of the library for %s', (_, value) => {
    expect(canonical(value)).toBe(canonicalize(value))
  })

  const circle: Record<string, unknown> = {}
  circle.self = circle
  it.each<[string, unknown, RegExp]>([
    ['NaN', { a: [Number.NaN] }, /^NaN is not allowed$/],
    ['Infinity', [Number.NEGATIVE_INFINITY], /^Infinity is not allowed$/],
    ['half of a pair in a value', ['\uD83D'], /^Lone surrogate is not allowed$/],
    ['half of a pair in a key', { '\uDE00': 1 }, /^Lone surrogate is not allowed$/],
    ['a circle', circle, /^Circular reference detected$/],
    ['a bigint', { a: 1n }, /BigInt/],
    ['nothing', undefined, /^value has no JSON form$/],
    ['a function', () => 1, /^value has no JSON form$/],
  ])('is refused for %s', (_, value, reason) => {
    expect(() => canonical(value)).toThrow(reason)
  })
})

it('an object that carries a digest of itself is the same text as with that field, and so is the link of a chain', () => {
  const name = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue()), name, fc.string(), (object, sealName, previous) => {
      const { [sealName]: _, ...rest } = object
      const sealed = sealedText(rest, sealName, (text) => {
        expect(text).toBe(canonical(rest))
        return nextLink(previous, text)
      })
      expect(sealed).toBe(canonical({ ...rest, [sealName]: digestOf({ entry: rest, previous }) }))
    }),
  )
  expect(sealedText({ b: undefined, a: 1 }, 'c', () => 'd')).toBe('{"a":1,"c":"d"}')
})

describe('what is read back', () => {
  /** Everything that a reader can tell of a value: its order of keys, kinds of objects, zeros. */
  const told = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(told)
      : typeof value === 'object' && value !== null
        ? [Object.getPrototypeOf(value) === Object.prototype, Object.entries(value).map(([k, v]) => [k, told(v)])]
        : Object.is(value, -0)
          ? 'negative zero'
          : value
  const holds = (value: unknown) => {
    const { text, again } = readBack(value)
    expect(text).toBe(canonicalize(value))
    expect(told(again)).toStrictEqual(told(JSON.parse(text)))
  }

  it('is what a parser makes of the text, for whatever a JSON parser returns', () => {
    fc.assert(fc.property(tree, holds), { numRuns: 200 })
  })

  it.each<[string, unknown]>([
    ['fields that are undefined', { b: undefined, a: [{ c: undefined }] }],
    ['an element that is undefined', { a: [undefined, 1] }],
    ['an array with holes', { a: Object.assign(new Array(3), { 1: 'x' }) }],
    ['a field that would be a prototype', JSON.parse('{"b":1,"__proto__":{"z":1},"a":{"__proto__":null}}')],
    ['keys that are numbers', { b: { 10: 1, 9: 2, a: 3 } }],
    ['a date inside', { b: { at: new Date(0) }, a: 1 }],
    ['negative zeros', { b: [-0, { c: -0 }], a: -0 }],
  ])('is so for %s', (_, value) => holds(value))

  it('has no text that has none', () => {
    expect(() => readBack({ b: ['\uD83D'] })).toThrow(/surrogate/)
    expect(() => readBack({ b: [Number.NaN] })).toThrow(/NaN/)
  })
})
