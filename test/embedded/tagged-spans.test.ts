/** Spans of OpenTelemetry as Jaeger, Zipkin and Tempo give them out again: the run that the collector's own file gives. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'tagged-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2'
const [AGENT, CALL, TOOL] = ['00000000000000a1', '00000000000000a2', '00000000000000a3']
const START = 1_775_042_300_000_000
const message = (role: string, part: object) => JSON.stringify([{ role, parts: [part] }])

interface Plain {
  readonly id: string
  readonly parent: string | null
  readonly name: string
  readonly at: number
  readonly took: number
  readonly attrs: Readonly<Record<string, string | number>>
  readonly failed?: boolean
}

/** Microseconds, as these stores keep them. */
const SPANS: readonly Plain[] = [
  {
    id: AGENT,
    parent: null,
    name: 'invoke_agent shop',
    at: 0,
    took: 9_000_000,
    attrs: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'shop',
      'gen_ai.conversation.id': 'c1',
    },
  },
  {
    id: CALL,
    parent: AGENT,
    name: 'chat',
    at: 1000,
    took: 2_000_500,
    attrs: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.input.messages': message('user', { type: 'text', content: 'Refund A-1' }),
      'gen_ai.output.messages': message('assistant', {
        type: 'tool_call',
        id: 't1',
        name: 'refund',
        arguments: { order: 'A-1' },
      }),
    },
  },
  {
    id: TOOL,
    parent: AGENT,
    name: 'execute_tool refund',
    at: 4_000_000,
    took: 1000,
    failed: true,
    attrs: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'refund',
      'gen_ai.tool.call.id': 't1',
      'gen_ai.tool.call.result': 'no such order',
    },
  },
]

const otlp = {
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
            traceId: TRACE,
            spanId: id,
            ...(parent === null ? {} : { parentSpanId: parent }),
            name,
            startTimeUnixNano: `${START + at}000`,
            endTimeUnixNano: `${START + at + took}000`,
            attributes: Object.entries(attrs).map(([key, value]) => ({
              key,
              value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
            })),
            status: failed ? { code: 2 } : {},
          })),
        },
      ],
    },
  ],
}

const jaeger = {
  data: [
    {
      traceID: TRACE,
      spans: SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
        traceID: TRACE,
        spanID: id,
        operationName: name,
        references: parent === null ? [] : [{ refType: 'CHILD_OF', traceID: TRACE, spanID: parent }],
        startTime: START + at,
        duration: took,
        tags: [
          ...Object.entries(attrs).map(([key, value]) => ({ key, type: 'string', value })),
          ...(failed ? [{ key: 'error', type: 'bool', value: true }] : []),
        ],
        logs: [],
        processID: 'p1',
      })),
      processes: { p1: { serviceName: 'shop', tags: [] } },
    },
  ],
  total: 0,
  errors: null,
}

const zipkin = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  traceId: TRACE,
  id,
  ...(parent === null ? {} : { parentId: parent }),
  name,
  timestamp: START + at,
  duration: took,
  tags: {
    ...Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, String(value)])),
    ...(failed ? { 'otel.status_code': 'ERROR' } : {}),
  },
}))

async function runOf(name: string, value: unknown) {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(value))
  const { runs } = await readTraceFiles([file])
  return runs
}

test.each([
  ['Jaeger', jaeger],
  ['Zipkin', zipkin],
  ['Tempo', { trace: otlp }],
  ['Tempo, its first form', { batches: otlp.resourceSpans }],
])('%s', async (name, value) => {
  const expected = await runOf('otlp.json', otlp)
  expect(expected[0]).toMatchObject({
    trace_id: TRACE,
    family_id: 'c1',
    outcome: { latency_ms: 9000 },
    steps: [
      { kind: 'message', content: 'Refund A-1' },
      { kind: 'model_call', prompt_tokens: 9, completion_tokens: 3, latency_ms: 2000.5 },
      { kind: 'tool_call', arguments: { order: 'A-1' } },
      { kind: 'tool_result', content: 'no such order', error: true },
    ],
  })
  expect(await runOf(`${name}.json`, value)).toEqual(expected)
})
