/** Traces of MLflow in every form that it gives them out in: each is the same run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { TraceOptions } from '#core/traces/options.ts'
import { TRACE } from '../support/spans.ts'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'mlflow-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = 1_748_772_000
const id = (n: number) => n.toString(16).padStart(16, '0')
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

const user = { role: 'user', content: 'Refund A-1' }
const call = { id: 'c1', type: 'function', function: { name: 'refund', arguments: '{"order":"A-1"}' } }
const asks = { role: 'assistant', content: null, tool_calls: [call] }
const answer = { role: 'tool', tool_call_id: 'c1', content: 'ok 12.50' }
const done = { role: 'assistant', content: 'Done' }
const chat = (messages: readonly object[], message: object, input_tokens: number) => ({
  'mlflow.spanType': 'CHAT_MODEL',
  'mlflow.spanInputs': { model: 'gpt', temperature: 0.2, messages },
  'mlflow.spanOutputs': { object: 'chat.completion', model: 'gpt-1', choices: [{ index: 0, message }] },
  'mlflow.chat.tokenUsage': { input_tokens, output_tokens: 3, cache_read_input_tokens: 4 },
  'mlflow.llm.cost': { total_cost: 0.001 },
})
const policy = { page_content: 'Refunds take a day.', metadata: { doc_uri: 'policy.md', chunk_id: 'k1' }, id: null }
const of = (type: string, inputs: unknown, outputs: unknown) => ({
  'mlflow.spanType': type,
  'mlflow.spanInputs': inputs,
  'mlflow.spanOutputs': outputs,
})
const SPANS: readonly (readonly [name: string, from: number, to: number, attributes: object])[] = [
  ['shop', 0, 9, of('AGENT', { messages: [user] }, 'Done')],
  ['VectorStoreRetriever', 0, 1, of('RETRIEVER', 'Refund A-1', [policy])],
  ['Completions', 1, 2, chat([user], asks, 9)],
  ['refund', 3, 4, of('TOOL', { order: 'A-1' }, 'ok 12.50')],
  ['Completions', 5, 6, chat([user, asks, answer], done, 19)],
]
const ID = `tr-${TRACE}`
const texts = (attributes: object, request: string) =>
  Object.fromEntries(
    Object.entries({ 'mlflow.traceRequestId': request, ...attributes }).map(([key, value]) => [
      key,
      JSON.stringify(value),
    ]),
  )
type Form = (n: number, parent: number | null) => object
const spansIn = (form: Form, request = ID) =>
  SPANS.map(([name, from, to, attributes], i) => ({
    name,
    start_time_unix_nano: (START + from) * 1e9,
    end_time_unix_nano: (START + to) * 1e9,
    events: [],
    attributes: texts(attributes, request),
    ...form(i + 1, i === 0 ? null : 1),
  }))

const said = (value: unknown, more: object = {}) => ({
  assessment_name: 'resolved',
  source: { source_type: 'HUMAN', source_id: 'ben' },
  feedback: { value },
  ...more,
})
const info = {
  trace_id: ID,
  state: 'OK',
  request_time: '2025-06-01T10:00:00Z',
  trace_metadata: { 'mlflow.trace.session': 'sess-1', 'mlflow.trace.user': 'ana' },
  tags: { 'mlflow.traceName': 'shop' },
  assessments: [
    said(false, { valid: false }),
    said(true),
    { ...said(null), feedback: undefined, expectation: { value: 1 } },
  ],
}
const v3 = spansIn((n, parent) => ({
  trace_id: base64(TRACE),
  span_id: base64(id(n)),
  parent_span_id: parent === null ? '' : base64(id(parent)),
  status: { code: 'STATUS_CODE_OK' },
}))
const v4 = spansIn((n, parent) => ({
  trace_id: ID,
  otel_trace_id: TRACE,
  span_id: id(n),
  parent_span_id: parent === null ? null : id(parent),
  status: { code: 'OK' },
}))
const whole = { info, data: { spans: v3 } }

async function runOf(value: unknown, options: Partial<TraceOptions> = {}) {
  const file = join(folder, 'a')
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  const { runs, report } = await readTraceFiles([file], { options })
  expect(report.dialects).toMatchObject([{ name: 'mlflow', share: 1 }])
  return runs
}
const RESOLVED = { scores: [{ name: 'resolved', rule: null, kind: null }] }

const RIGHT = {
  run_id: TRACE,
  family_id: 'sess-1',
  intent_id: 'shop',
  settings: { 'model.name': 'gpt', 'model.temperature': 0.2 },
  evidence: [{ evidence_ref: 'k1', bucket: 'retrieval', source: 'policy.md', text: 'Refunds take a day.' }],
  steps: [
    { kind: 'message', role: 'user', content: 'Refund A-1' },
    { kind: 'retrieval', query: 'Refund A-1' },
    { kind: 'model_call', model: 'gpt-1', prompt_tokens: 9, completion_tokens: 3, cached_prompt_tokens: 4 },
    { kind: 'tool_call', tool_call_id: 'c1', name: 'refund', arguments: { order: 'A-1' }, from_call: 0 },
    { kind: 'tool_result', content: 'ok 12.50', error: false },
    { kind: 'model_call', prompt_tokens: 19 },
    { kind: 'message', role: 'assistant', content: 'Done' },
  ],
  outcome: { passed: true, score_kind: 'human', outputs: 'Done', latency_ms: 9000, cost_cents: 0.2 },
}
const table = { trace_id: ID, trace: JSON.stringify(whole), state: 'OK', spans: "[{'of': 'python'}]" }

test.each<[string, unknown]>([
  ['to_json, ids in base64', whole],
  ['to_json, ids in hex', { info, data: { spans: v4 } }],
  ['a trace a line', [1, 2].map(() => `${JSON.stringify(whole)}\n`).join('')],
  ['a list of traces', [whole]],
  ['rows of search_traces without the trace as text', [{ ...info, spans: JSON.stringify(v3) }]],
  ['rows of search_traces', [{ ...info, trace: JSON.stringify(whole), spans: v3 }]],
  [
    'search_traces as CSV',
    `${Object.keys(table).join(',')}\n${Object.values(table)
      .map((cell) => `"${cell.replaceAll('"', '""')}"`)
      .join(',')}\n`,
  ],
])('%s', async (_, value) => {
  const runs = await runOf(value, RESOLVED)
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject(RIGHT)
})

test('before version 3 a trace had an id of its own', async () => {
  const request = 'b1946ac92492d2347c6235b4d2611184'
  const spans = spansIn(
    (n, parent) => ({
      context: { trace_id: `0x${TRACE}`, span_id: `0x${id(n)}` },
      parent_id: parent === null ? null : `0x${id(parent)}`,
      status_code: 'OK',
    }),
    request,
  ).map(({ start_time_unix_nano: start_time, end_time_unix_nano: end_time, ...span }) => ({
    ...span,
    start_time,
    end_time,
  }))
  const { trace_metadata: request_metadata, tags } = info
  const runs = await runOf({ info: { request_id: request, status: 'OK', request_metadata, tags }, data: { spans } })
  expect(runs).toMatchObject([{ run_id: request, family_id: 'sess-1', steps: RIGHT.steps }])
})

test('its spans over OpenTelemetry', async () => {
  const spans = SPANS.map(([name, from, to, attributes], i) => ({
    traceId: TRACE,
    spanId: id(i + 1),
    parentSpanId: i === 0 ? '' : id(1),
    name,
    startTimeUnixNano: `${START + from}000000000`,
    endTimeUnixNano: `${START + to}000000000`,
    attributes: Object.entries(texts(attributes, ID)).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }))
  const runs = await runOf({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  expect(runs).toMatchObject([{ run_id: TRACE, steps: RIGHT.steps, evidence: RIGHT.evidence }])
})

test("Anthropic's tokens are the fresh rest; a scorer's own trace is no run", async () => {
  const anthropic = v3.map((span) => ({
    ...span,
    attributes: { ...span.attributes, 'mlflow.message.format': '"anthropic"' },
  }))
  const [run] = await runOf({ info, data: { spans: anthropic } })
  expect(run!.steps[2]).toMatchObject({ prompt_tokens: 13, cached_prompt_tokens: 4 })
  const scored = {
    info: { ...info, tags: { ...info.tags, 'mlflow.trace.sourceScorer': 'quality' } },
    data: { spans: v3 },
  }
  await expect(runOf(scored)).rejects.toThrow(/1 scorer_trace/)
})
