/** What holds for traces whatever their order, cut and content; and results, tokens, histories and agents that must not be mixed up. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { toNativeRun } from '#adapters/local/import/native-run.ts'
import { DEFAULT_OPTIONS } from '#core/traces/options.ts'
import { dialectNamed } from '#core/traces/registry.ts'
import { WAITING } from '#core/traces/settle.ts'
import { DROPPED } from '#core/traces/tally.ts'
import type { Step } from '#schemas/experience-run.ts'
import { readTraces } from '../../functions/steps/experience/read-traces.ts'
import { memoryScratch } from '../support/memory-scratch.ts'
import { aCall, anAgent, answers, aRequest, aSpan, asks, aTool, text } from '../support/spans.ts'
import { SETTLED } from '../support/traces.ts'

/** Rows as they lie in files; every run, and how many traces were dropped or wait. */
async function read(rows: readonly (readonly [file: string, value: unknown])[]) {
  async function* lying() {
    for (const [i, [file, value]] of rows.entries()) yield { file, at: `line ${i}`, value, chars: 0 }
  }
  const { tally, traces } = await readTraces(lying(), dialectNamed('otel-genai')!, DEFAULT_OPTIONS, memoryScratch, {
    ...SETTLED,
    settleMs: 0,
  })
  const runs = [...traces()].flatMap((made) => (made.kind === 'run' ? [made.run] : []))
  const dropped = DROPPED.reduce((sum, reason) => sum + tally.of(`dropped.${reason}`), 0)
  const waiting = WAITING.reduce((sum, reason) => sum + tally.of(`waiting.${reason}`), 0)
  return { runs, left: dropped + waiting, traces: tally.of('traces.n') }
}

const stepsOf = async (...spans: readonly object[]): Promise<readonly Step[]> => {
  const { runs } = await read([['a', aRequest(...spans)]])
  expect(runs).toHaveLength(1)
  return runs[0]!.steps
}

const id = (n: number) => String(n).padStart(16, '0')
const INPUT = 'gen_ai.input.messages'
const OUTPUT = 'gen_ai.output.messages'
const says = (input: unknown[], output: unknown[]) => ({ [INPUT]: input, [OUTPUT]: output })
const T2 = 'c'.repeat(32)
const SEARCH = asks({ id: 'x', name: 'search', arguments: { q: 'shoes' } })
const CONVERSATION = [
  anAgent('shop', { id: id(1), from: 0, to: 9 }),
  aCall({ id: id(2), parent: id(1), from: 1, attributes: says([text('user', 'shoes?')], [SEARCH]) }),
  aTool('search', { q: 'shoes' }, 'red shoes', { id: id(3), parent: id(1), from: 2 }),
  aCall({
    id: id(4),
    parent: id(1),
    from: 4,
    attributes: says([text('user', 'shoes?'), SEARCH, answers('x', 'red shoes')], [text('assistant', 'red ones')]),
  }),
  aCall({ id: id(5), trace: T2, attributes: says([text('user', 'hello')], [text('assistant', 'hi')]) }),
]

test('runs are the same however spans are ordered, cut into rows and files, and repeated', async () => {
  const { runs: right } = await read([['a', aRequest(...CONVERSATION)]])
  expect(right).toHaveLength(2)
  const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(4)), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(CONVERSATION, { minLength: 5 }),
      fc.nat({ max: 4 }),
      rows,
      async (all, cut, again) => {
        const [head, tail] = [all.slice(0, cut), all.slice(cut)]
        const lying = [
          ['a', aRequest(...head)] as const,
          ...tail.map((span) => ['b', aRequest(span)] as const),
          ...again.map(([file, i]) => [file, aRequest(CONVERSATION[i]!)] as const),
        ]
        const { runs } = await read(lying)
        const named = (list: typeof runs) => list.map(({ source: _, ...run }) => run)
        expect(named(runs)).toEqual(named(right))
      },
    ),
    { numRuns: 60 },
  )
})

test('any spans become runs that the schema takes, or are counted as dropped or waiting', async () => {
  const odd = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      '[]',
      '{}',
      '[{"role":"assistant","parts":[{"type":"tool_call","name":"__proto__"}]}]',
      '[{"role"',
    ),
    fc.constant(JSON.stringify([text('user', 'hi'), asks({ id: '..', name: '../x', arguments: '{"a":1}' })])),
  )
  const name = fc.constantFrom(
    ...[INPUT, OUTPUT, 'gen_ai.operation.name', 'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'],
    ...['gen_ai.tool.name', 'gen_ai.tool.call.id', 'gen_ai.tool.call.arguments', 'gen_ai.tool.call.result'],
    ...['gen_ai.agent.name', 'gen_ai.retrieval.documents', 'gen_ai.request.model', 'gen_ai.usage.cost', 'error.type'],
  )
  const kind = fc.constantFrom('chat', 'execute_tool', 'invoke_agent', 'retrieval', 'rerank', 'other')
  const anyValue = fc.oneof(
    odd.map((stringValue) => ({ stringValue })),
    fc.oneof(fc.string(), fc.double(), fc.constant({ low: 1.5, high: 2 })).map((intValue) => ({ intValue })),
    fc.double().map((doubleValue) => ({ doubleValue })),
    fc.jsonValue().map((any) => any as object),
  )
  const span = fc.record({
    traceId: fc.constantFrom('1'.repeat(32), '2'.repeat(32)),
    spanId: fc.nat({ max: 1e6 }).map((n) => (n + 1).toString(16).padStart(16, '0')),
    parentSpanId: fc.oneof(
      fc.constant(undefined),
      fc.nat({ max: 5 }).map((n) => (n + 1).toString(16).padStart(16, '0')),
    ),
    name: fc.string({ unit: 'binary' }),
    startTimeUnixNano: fc.oneof(fc.bigInt().map(String), fc.constantFrom('1700000000000000000', null)),
    endTimeUnixNano: fc.oneof(fc.bigInt().map(String), fc.constantFrom('1700000001000000000', null)),
    attributes: fc
      .tuple(kind, fc.array(fc.record({ key: name, value: anyValue }), { maxLength: 8 }))
      .map(([it, list]) => [
        { key: 'gen_ai.operation.name', value: { stringValue: it } },
        { key: OUTPUT, value: { stringValue: JSON.stringify([text('assistant', 'hello')]) } },
        ...list,
      ]),
  })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(span, { maxLength: 8, selector: ({ spanId }) => spanId }), async (spans) => {
      const { runs, left, traces } = await read([['a', aRequest(...spans)]])
      expect(runs.length + left).toBe(traces)
      for (const run of runs) expect(toNativeRun(run)).toMatchObject({ kind: 'run' })
    }),
    { numRuns: 300 },
  )
})

const resultsOf = (steps: readonly Step[]) =>
  steps.flatMap((step) => (step.kind === 'tool_result' ? [[step.tool_call_id, step.content, step.agent ?? null]] : []))

test('a result goes to the call of its own agent where two agents ask the same', async () => {
  const ask = (callId: string) => asks({ id: callId, name: 'search', arguments: { q: 'a', n: 1 } })
  const steps = await stepsOf(
    anAgent('lead', { id: id(1), from: 0, to: 20 }),
    aCall({ id: id(2), parent: id(1), from: 1, attributes: says([text('user', 'go')], [ask('lead-call')]) }),
    anAgent('helper', { id: id(3), parent: id(1), from: 4, to: 9 }),
    aCall({ id: id(4), parent: id(3), from: 5, attributes: says([text('user', 'help')], [ask('help-call')]) }),
    aTool('search', { n: 1, q: 'a' }, 'of the helper', { id: id(5), parent: id(3), from: 6 }),
  )
  expect(resultsOf(steps)).toEqual([['help-call', 'of the helper', 'helper']])
})

test('a counter that begins anew gives no call the result of another tool', async () => {
  const steps = await stepsOf(
    aCall({
      id: id(1),
      attributes: says([text('user', 'go')], [asks({ id: '1', name: 'search', arguments: { q: 'a' } })]),
    }),
    aTool('refund', { order: 7 }, 'refunded', { id: id(2), from: 2, attributes: { 'gen_ai.tool.call.id': '1' } }),
  )
  const call = steps.find((step) => step.kind === 'tool_call' && step.name === 'search')
  const other = steps.find((step) => step.kind === 'tool_call' && step.name === 'refund')
  expect(resultsOf(steps)).toEqual([[(other as { tool_call_id: string }).tool_call_id, 'refunded', null]])
  expect(call).toBeDefined()
})

test('helpers of one name that work side by side each read their own history once', async () => {
  const turn = (n: number, parent: number, from: number, history: unknown[], said: string) =>
    aCall({ id: id(n), parent: id(parent), from, attributes: says(history, [text('assistant', said)]) })
  const A = [text('user', 'task A'), text('assistant', 'A1'), text('user', 'go on')]
  const B = [text('user', 'task B'), text('assistant', 'B1'), text('user', 'go on')]
  const steps = await stepsOf(
    anAgent('lead', { id: id(1), from: 0, to: 30 }),
    turn(2, 1, 1, [text('user', 'both')], 'I ask two'),
    anAgent('helper', { id: id(3), parent: id(1), from: 3, to: 20 }),
    anAgent('helper', { id: id(4), parent: id(1), from: 3, to: 20 }),
    turn(5, 3, 4, A.slice(0, 1), 'A1'),
    turn(6, 4, 6, B.slice(0, 1), 'B1'),
    turn(7, 3, 8, A, 'A2'),
    turn(8, 4, 10, B, 'B2'),
  )
  const words = steps.flatMap((step) => (step.kind === 'message' && step.agent === 'helper' ? [step.content] : []))
  expect(words.filter((said) => said !== 'go on')).toEqual(['task A', 'A1', 'task B', 'B1', 'A2', 'B2'])
})

test('tokens and costs of a call that two instrumentors and an agent repeat are counted once', async () => {
  const { runs } = await read([
    [
      'a',
      aRequest(
        aSpan({
          id: id(1),
          from: 0,
          to: 9,
          attributes: {
            'gen_ai.operation.name': 'invoke_agent',
            'gen_ai.usage.input_tokens': 10,
            'gen_ai.usage.output_tokens': 6,
            'gen_ai.usage.cost': '1.0',
          },
        }),
        aCall({ id: id(2), parent: id(1), from: 1, to: 4, attributes: { 'gen_ai.usage.cost': '0.5' } }),
        aCall({ id: id(3), parent: id(2), from: 2, attributes: { 'gen_ai.usage.cost': '0.5' } }),
      ),
    ],
  ])
  const calls = runs[0]!.steps.filter((step) => step.kind === 'model_call')
  expect(calls).toMatchObject([{ prompt_tokens: 5, completion_tokens: 3 }])
  expect(runs[0]!.outcome.cost_cents).toBe(50)
})

test('rows that are long each, as of a collector that writes a hundred traces a line, are not held until they are many', async () => {
  let pulled = 0
  let read: number | null = null
  async function* long() {
    for (let i = 0; i < 40; i++) {
      pulled++
      yield { file: 'a', at: `line ${i}`, value: aRequest(aCall({ id: id(i + 1), from: i })), chars: 1_000_000 }
    }
  }
  const scratch = () => {
    const own = memoryScratch()
    const append = own.records.append.bind(own.records)
    own.records.append = (record) => {
      read ??= pulled
      return append(record)
    }
    return own
  }
  await readTraces(long(), null, DEFAULT_OPTIONS, scratch, { ...SETTLED, settleMs: 0 })
  expect(read).toBe(4)
})
