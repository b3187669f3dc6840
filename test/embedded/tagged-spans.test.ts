/** Spans of OpenTelemetry as other stores give them out again: the run that the collector's own file gives. */
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

/** In microseconds. */
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

const iso = (at: number) =>
  `${new Date(Math.floor((START + at) / 1000)).toISOString().slice(0, -1)}${String((START + at) % 1000).padStart(3, '0')}Z`

/** As a query of Application Insights gives them: every value is text. */
const appInsights = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  timestamp: iso(at),
  id,
  name,
  success: failed ? 'False' : 'True',
  duration: took / 1000,
  itemType: 'dependency',
  customDimensions: JSON.stringify(
    Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, String(value)])),
  ),
  operation_Id: TRACE,
  operation_ParentId: parent ?? TRACE,
}))

const logAnalytics = appInsights.map((row) => ({
  TimeGenerated: row.timestamp,
  Id: row.id,
  Name: row.name,
  Success: row.success,
  DurationMs: String(row.duration),
  Properties: JSON.parse(row.customDimensions),
  OperationId: TRACE,
  ParentId: row.operation_ParentId === TRACE ? '' : row.operation_ParentId,
  Type: 'AppDependencies',
}))

const logfire = {
  columns: [{ name: 'trace_id', datatype: 'String', nullable: false }],
  rows: SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
    trace_id: TRACE,
    span_id: id,
    parent_span_id: parent,
    kind: 'span',
    span_name: name,
    start_timestamp: iso(at),
    end_timestamp: iso(at + took),
    duration: took / 1e6,
    attributes: attrs,
    otel_status_code: failed ? 'ERROR' : null,
    otel_events: [],
  })),
}

const texts = (attrs: Plain['attrs']) =>
  Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, String(value)]))

const clickhouse = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  Timestamp: iso(at).replace('T', ' ').replace('Z', '000'),
  TraceId: TRACE,
  SpanId: id,
  ParentSpanId: parent ?? '',
  SpanName: name,
  ScopeName: 'shop',
  ResourceAttributes: { 'service.name': 'shop' },
  SpanAttributes: texts(attrs),
  Duration: String(took * 1000),
  StatusCode: failed ? 'Error' : 'Unset',
  'Events.Name': [],
}))

const honeycomb = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  Timestamp: iso(at),
  'trace.trace_id': TRACE,
  'trace.span_id': id,
  ...(parent === null ? {} : { 'trace.parent_id': parent }),
  name,
  duration_ms: took / 1000,
  ...(failed ? { error: true } : {}),
  ...attrs,
}))

const newRelic = honeycomb.map(({ Timestamp, duration_ms, error, name, ...row }) => ({
  timestamp: Date.parse(Timestamp),
  'trace.id': row['trace.trace_id'],
  id: row['trace.span_id'],
  ...(row['trace.parent_id'] ? { 'parent.id': row['trace.parent_id'] } : {}),
  'duration.ms': duration_ms,
  ...(error ? { 'otel.status_code': 'ERROR' } : {}),
  name,
  ...Object.fromEntries(Object.entries(row).filter(([key]) => !key.startsWith('trace.'))),
}))

const phoenixTable = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  name,
  span_kind: 'unknown',
  parent_id: parent,
  start_time: iso(at),
  end_time: iso(at + took),
  status_code: failed ? 'ERROR' : 'UNSET',
  events: [],
  'context.span_id': id,
  'context.trace_id': TRACE,
  ...Object.fromEntries(Object.entries(attrs).map(([key, value]) => [`attributes.${key}`, value])),
}))

const collectorInElastic = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  '@timestamp': iso(at),
  trace_id: TRACE,
  span_id: id,
  ...(parent === null ? {} : { parent_span_id: parent }),
  name,
  duration: took * 1000,
  status: failed ? { code: 'Error' } : {},
  attributes: attrs,
}))

const agentInElastic = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  '@timestamp': iso(at),
  trace: { id: TRACE },
  ...(parent === null ? {} : { parent: { id: parent } }),
  [parent === null ? 'transaction' : 'span']: { id, name, duration: { us: took } },
  event: { outcome: failed ? 'failure' : 'success' },
  attributes: attrs,
}))

const snowflake = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  START_TIMESTAMP: iso(at),
  TIMESTAMP: iso(at + took),
  RECORD_TYPE: 'SPAN',
  TRACE: JSON.stringify({ trace_id: TRACE, span_id: id }),
  RECORD: { name, parent_span_id: parent, status: { code: failed ? 'STATUS_CODE_ERROR' : 'STATUS_CODE_UNSET' } },
  RECORD_ATTRIBUTES: attrs,
}))

const cloudTrace = {
  traces: [
    {
      projectId: 'p',
      traceId: TRACE,
      spans: SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
        spanId: String(BigInt(`0x${id}`)),
        ...(parent === null ? {} : { parentSpanId: String(BigInt(`0x${parent}`)) }),
        name,
        startTime: iso(at),
        endTime: iso(at + took),
        labels: { ...texts(attrs), ...(failed ? { 'error.type': 'no_such_order' } : {}) },
      })),
    },
  ],
}

const nodeConsole = SPANS.map(({ id, parent, name, at, took, attrs, failed }) => ({
  instrumentationScope: { name: 'shop' },
  traceId: TRACE,
  ...(parent === null ? {} : { parentSpanContext: { traceId: TRACE, spanId: parent } }),
  name,
  id,
  timestamp: START + at,
  duration: took,
  attributes: attrs,
  status: { code: failed ? 2 : 0 },
  events: [],
}))

const requests = otlp.resourceSpans[0]!.scopeSpans[0]!.spans.map((span) =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
)
const linesOf = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join('')

async function runOf(name: string, value: unknown) {
  const file = join(folder, name)
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  const { runs } = await readTraceFiles([file])
  return runs
}

test.each([
  ['Jaeger', jaeger],
  ['Zipkin', zipkin],
  ['Tempo', { trace: otlp }],
  ['Tempo, its first form', { batches: otlp.resourceSpans }],
  ['Application Insights', appInsights],
  ['Log Analytics', logAnalytics],
  ['Logfire', logfire],
  ['ClickHouse', clickhouse],
  ['Honeycomb', honeycomb],
  ['New Relic', { results: newRelic }],
  ['a table of Phoenix', phoenixTable],
  ['the collector in Elasticsearch', { hits: { hits: collectorInElastic.map((_source) => ({ _id: '1', _source })) } }],
  ['an agent of Elastic', agentInElastic],
  ['Snowflake', snowflake],
  ['Cloud Trace', cloudTrace],
  ['the console exporter of Node', linesOf(nodeConsole.map((row) => JSON.stringify(row, null, 2)))],
  ["Docker's log", linesOf(requests.map((log) => JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: iso(0) })))],
  ['the log of a pod', linesOf(requests.map((text) => `${iso(0)} stdout F ${text}`))],
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

test('messages that Application Insights keeps as traces belong to their spans', async () => {
  const said = (at: number, name: string, content: object) => ({
    timestamp: iso(at),
    message: name,
    itemType: 'trace',
    customDimensions: { 'event.name': name, 'gen_ai.event.content': JSON.stringify(content) },
    operation_Id: TRACE,
    operation_ParentId: CALL,
  })
  const { 'gen_ai.input.messages': _, 'gen_ai.output.messages': __, ...bare } = SPANS[1]!.attrs
  const call = { ...appInsights[1]!, customDimensions: JSON.stringify(bare) }
  const rows = [
    call,
    said(1000, 'gen_ai.user.message', { role: 'user', content: 'Refund A-1' }),
    said(2000, 'gen_ai.choice', { message: { role: 'assistant', content: 'Done' }, finish_reason: 'stop' }),
  ]
  const [run] = await runOf('logged.json', rows)
  expect(run).toMatchObject({
    steps: [
      { kind: 'message', role: 'user', content: 'Refund A-1' },
      { kind: 'model_call', prompt_tokens: 9 },
      { kind: 'message', role: 'assistant', content: 'Done' },
    ],
  })
})
