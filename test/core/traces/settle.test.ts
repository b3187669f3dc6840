/** Which traces wait: the clock decides, to the nanosecond, and what the clock cannot say anything about does not wait. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { justEnded, LONGEST_WAIT_DAYS, waitedTooLong } from '#core/traces/settle.ts'
import { type Span, spanOf } from '#core/traces/span.ts'
import { Tally } from '#core/traces/tally.ts'
import { traceOf } from '#core/traces/trace.ts'

const NOW = '2026-05-01T12:00:00.000Z'
const NOW_MS = Date.parse(NOW)
const NOW_NS = BigInt(NOW_MS) * 1_000_000n
const HOUR_NS = 3_600_000_000_000n
const HOUR = 3_600_000
const ending = (...ends: (bigint | null)[]) => ({
  spans: ends.map((end, i) =>
    spanOf({ trace: 't', span: String(i), end: end === null ? null : String(end), where: { file: 'f', at: 'line 1' } }),
  ),
})

test.each([
  ['an hour ago', NOW_NS - HOUR_NS, false],
  ['a nanosecond less than an hour ago', NOW_NS - HOUR_NS + 1n, true],
  ['now', NOW_NS, true],
  ['a nanosecond less than an hour ahead', NOW_NS + HOUR_NS - 1n, true],
  ['an hour ahead: its clock is wrong', NOW_NS + HOUR_NS, false],
  ['in 1970', 0n, false],
  ['at no known time', null, false],
] as const)('a trace that ended %s', (_, end, waits) => {
  expect(justEnded(ending(end), NOW_MS, HOUR)).toBe(waits)
  expect(justEnded(ending(null, end, null), NOW_MS, HOUR)).toBe(waits)
})

test('the last of its spans decides', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: NOW_NS }), { minLength: 1 }), (ends) => {
      const last = ends.reduce((a, b) => (b > a ? b : a))
      expect(justEnded(ending(...ends), NOW_MS, HOUR)).toBe(justEnded(ending(last), NOW_MS, HOUR))
    }),
  )
})

test('nothing waits where nothing settles', () => {
  expect(justEnded(ending(NOW_NS), NOW_MS, 0)).toBe(false)
})

test.each([
  [0, false],
  [LONGEST_WAIT_DAYS, false],
  [LONGEST_WAIT_DAYS + 1, true],
])('what has waited for %i days is given up: %s', (days, isTooLong) => {
  const since = new Date(Date.parse(NOW) - days * 24 * HOUR).toISOString()
  expect(waitedTooLong(since, NOW)).toBe(isTooLong)
})

test('rows that come twice, from two files, are the same trace as rows that come once', () => {
  const where = (file: string) => ({ file, at: 'line 1' })
  const parts = (file: string) => [
    { kind: 'span', span: spanOf({ trace: 't', span: 'a', where: where(file) }) } as const,
    {
      kind: 'more',
      more: { trace: 't', span: 'a', time: '1', said: { input: message('asked') }, where: where(file) },
    } as const,
    { kind: 'about', about: { trace: 't', session: 's', where: where(file) } } as const,
  ]
  const once = traceOf('t', parts('monday'), new Tally())
  expect(traceOf('t', [...parts('monday'), ...parts('tuesday')], new Tally())).toEqual(once)
  expect(once.spans[0]!.input).toHaveLength(1)
})

test('a field that one of two imports alone was asked for is no conflict, another value of it is one', () => {
  const span = (named: Span['named']) => ({
    kind: 'span' as const,
    span: spanOf({ trace: 't', span: 'a', named, where: { file: 'f', at: 'line 1' } }),
  })
  const [both] = traceOf('t', [span({ 'a.b': 1 }), span({ 'c.d': 2 })], new Tally()).spans
  expect(both!.named).toEqual({ 'a.b': 1, 'c.d': 2 })
  expect(() => traceOf('t', [span({ 'a.b': 1 }), span({ 'a.b': 2 })], new Tally())).toThrow('different content')
})

function message(text: string) {
  return [{ role: 'user' as const, text, calls: [], results: [], omitted: {} }]
}
