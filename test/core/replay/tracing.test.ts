/** What is said of the records beside a result: the traced share by tool, what a suite ignores, which tokens are estimates. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import {
  addTracing,
  emptyCallsLine,
  estimatedLine,
  ignoredLine,
  NO_TRACING,
  type Tracing,
  tracedLine,
  tracingOf,
  tracingReasons,
} from '#core/replay/tracing.ts'
import { anEvaluator, anOffer, aRun, aSuite, modelCall, said, toolCall } from '../../support/builders.ts'

const run = aRun('r', {
  settings: {},
  evidence: [anOffer('a', { text: 'ORD-77', tokens: null })],
  steps: [
    said('user', 'refund 1,200.50'),
    modelCall(),
    toolCall('a', { order: 'ORD-77', amount: 1200.5, why: 'made up' }, { name: 'refund' }),
    toolCall('b', { order: 'ORD-77' }, { name: 'read' }),
  ],
})
const strict = aSuite({
  evaluators: [
    anEvaluator({ check: 'grounded_arguments', never_grounded: 'fail' } as never),
    ...aSuite().evaluators.slice(2),
  ],
})

test('a case is counted by tool, with what was estimated', () => {
  const tracing = tracingOf(compileCase([run]))
  expect(tracing).toEqual({
    recordings: 1,
    tools: { refund: [2, 1], read: [1, 0] },
    calls: { refund: [1, 0], read: [1, 0] },
    estimated: { passages: 1, dialogue: 1 },
  })
  expect(tracedLine(tracing)).toBe('75.0 % of 4 argument values were traced: refund 66.7 % of 3, read 100.0 % of 1')
  expect(estimatedLine(tracing)).toBe(
    'estimated as ceil(chars/4): passages in 1 of 1 recordings, dialogue in 1 of 1 recordings',
  )
})

test('what a suite ignores is said, and nothing where it ignores nothing or all is traced', () => {
  const tracing = tracingOf(compileCase([run]))
  expect(ignoredLine(tracing, aSuite())).toBe(
    '1 argument values stand nowhere in the records and are ignored by grounded_arguments (never_grounded "ignore"): what a cut does to them is not recorded',
  )
  expect(ignoredLine(tracing, strict)).toBeNull()
  const tokens = `tokens ${estimatedLine(tracing)}`
  expect(tracingReasons(tracing, aSuite())).toEqual([tracedLine(tracing), ignoredLine(tracing, aSuite()), tokens])
  expect(tracingReasons(tracing, strict)).toEqual([tracedLine(tracing), tokens])
  expect(tracingReasons({ ...tracing, tools: { read: [4, 0] } }, aSuite())).toEqual([tokens])
  expect(tracingReasons({ ...tracing, tools: { read: [4, 0] }, estimated: {} }, aSuite())).toEqual([])
  expect([tracedLine(NO_TRACING), estimatedLine(NO_TRACING)]).toEqual([null, null])
})

test('calls that passed nothing that could be traced are counted by tool, most first', () => {
  const steps = [modelCall(), toolCall('a', {}), toolCall('b', { ok: true }, { name: 'refund' }), toolCall('c', {})]
  const tracing = tracingOf(compileCase([aRun('r', { steps: [...steps, toolCall('d', { order: 'R-1002' })] })]))
  const line =
    '3 of 4 calls passed nothing that could be traced (no argument, a yes or no, null): orders.read 2 of 3, refund 1 of 1. What they rested on is not seen'
  expect(emptyCallsLine(tracing, strict)).toBe(line)
  expect(tracingReasons(tracing, strict)).toContain(line)
  const named = aSuite({
    evaluators: [
      anEvaluator({ check: 'grounded_arguments', never_grounded: 'fail', nothing_to_trace: ['orders.read'] } as never),
    ],
  })
  expect(emptyCallsLine(tracing, named)).toBe(`${line}; the suite says that orders.read takes nothing`)
  expect(emptyCallsLine(tracingOf(compileCase([run])), strict)).toBeNull()
})

test('nothing is known of recordings that were compiled by the first rules', () => {
  const { recordings, ...head } = compileCase([run])
  expect(tracingOf({ ...head, recordings: recordings.map(({ compile_rules: _, ...r }) => r) })).toEqual(NO_TRACING)
})

test('counts add up in any order', () => {
  const count = fc.nat(99)
  const tracings = fc.record({
    recordings: fc.integer({ min: 1, max: 9 }),
    tools: fc.dictionary(fc.constantFrom('a', 'b', '__proto__x'), fc.tuple(count, count)),
    calls: fc.dictionary(fc.constantFrom('a', 'b'), fc.tuple(count, count)),
    estimated: fc.dictionary(fc.constantFrom('passages', 'dialogue'), count),
  })
  fc.assert(
    fc.property(fc.array(tracings, { maxLength: 5 }), (list: Tracing[]) => {
      const sum = (all: Tracing[]) => all.reduce(addTracing, NO_TRACING)
      expect(sum(list)).toEqual(sum(list.toReversed()))
      const total = Object.values(sum(list).tools)
        .flat()
        .reduce((a, b) => a + b, 0)
      expect(total).toBe(list.flatMap((t) => Object.values(t.tools).flat()).reduce((a, b) => a + b, 0))
    }),
  )
})
