/** Rows as other tools write them: each is told by its tool's name, with a way; nothing that a dialect reads is. */
import { expect, test } from 'vitest'
import { groupFieldOf, otherTool } from '#core/traces/other-tools.ts'
import { DIALECTS } from '#core/traces/registry.ts'
import { aCall, aRequest } from '../../support/spans.ts'

const clock = { start_time: '2025-06-01T10:00:00Z', end_time: '2025-06-01T10:00:01Z' }
const braintrust = {
  id: 'e',
  _xact_id: '1',
  root_span_id: 'R',
  span_id: 'S',
  span_parents: null,
  span_attributes: { name: 'a', type: 'llm' },
  input: [{ role: 'user', content: 'hi' }],
  metrics: { start: 1748772000.1, end: 1748772001.2, prompt_tokens: 3 },
}
const datadogSpan = { span_id: '1', trace_id: 't', parent_id: 'undefined', name: 'llm', start_ns: 1, duration: 1e9 }
const opikSpan = { id: 's', project_id: 'p', trace_id: 't', parent_span_id: null, type: 'llm', ...clock, input: {} }
const opikTrace = { id: 't', project_id: 'p', thread_id: 'th', ...clock, input: {}, feedback_scores: [] }
const weave = { id: 'c', op_name: 'weave:///t/p/op/a:1', trace_id: 't', parent_id: null, started_at: 'x', inputs: {} }
const helicone = { request_id: 'r', request_created_at: 'x', request_body: {}, response_id: 'q', response_body: {} }

test.each<[name: string, row: unknown, way: RegExp]>([
  ['MLflow, without the spans of its traces', { info: { trace_id: 'tr-01' }, data: { spans: [] } }, /to_json/],
  ['MLflow, without the spans of its traces', { info: { request_id: '01' }, data: { spans: [] } }, /to_json/],
  ['MLflow, without the spans of its traces', { trace_id: 'tr-01', state: 'OK', trace_metadata: {} }, /to_json/],
  ["OpenAI's Agents SDK", { object: 'trace.span', trace_id: 't', span_data: { type: 'agent' } }, /trace_id/],
  ['OpenTelemetry, but metrics', { resourceMetrics: [] }, /Leave the file out/],
  ['OpenTelemetry, but logs of no model call', { resourceLogs: [] }, /Export the traces/],
  ['Weights & Biases Weave', weave, /--group-by trace_id/],
  ['Braintrust', braintrust, /--group-by root_span_id/],
  ['Braintrust', { events: [braintrust], cursor: 'c' }, /--group-by root_span_id/],
  ['Helicone', helicone, /--group-by request_properties\.Helicone-Session-Id/],
  ['Helicone', { data: [helicone] }, /Helicone-Session-Id/],
  [
    'Datadog LLM Observability',
    { data: [{ id: 'e', type: 'span', attributes: { ...datadogSpan, ml_app: 'b' } }] },
    /./,
  ],
  ['Datadog LLM Observability', { data: { type: 'span', attributes: { ml_app: 'b', spans: [datadogSpan] } } }, /./],
  ['Datadog LLM Observability', { ...datadogSpan, meta: { kind: 'llm', input: { messages: [] } } }, /trace_id/],
  ['Opik', opikSpan, /--group-by trace_id/],
  ['Opik', { page: 1, size: 10, total: 1, content: [opikTrace] }, /--group-by trace_id/],
  ['Opik', { trace: opikTrace, spans: [opikSpan] }, /--group-by trace_id/],
  [
    'Logfire, column by column',
    { columns: [{ name: 'trace_id', datatype: 'String', values: ['a'] }] },
    /json_rows=true/,
  ],
  ['Azure Monitor, as lists of cells', { tables: [{ name: 'PrimaryResult', columns: [], rows: [] }] }, /-o json/],
  [
    'OpenAI Evals, without the items of a run',
    { object: 'list', data: [{ object: 'eval.run', id: 'e' }] },
    /output_items/,
  ],
  ["Langfuse's SDK, as it sends them", { batch: [{ type: 'trace-create', body: { id: 't' } }] }, /blob export/],
  ['a model alone, its answers', { object: 'chat.completion', choices: [] }, /record those/],
  ['AWS X-Ray', { Traces: [{ Id: '1-5f84c7a1-0123456789abcdef01234567', Segments: [] }] }, /aws\/spans/],
  ['an answer that tells of an error', { error: { message: 'Unauthorized' } }, /fetch the export again/],
  ['an answer that tells of an error', { statusCode: 401, message: 'Invalid credentials' }, /See what it says/],
  ['Codex', { timestamp: 'x', type: 'session_meta', payload: { id: 's' } }, /--map codex/],
  ['Claude Code', { type: 'user', uuid: 'u', sessionId: 's', message: { role: 'user' } }, /--map claude-code/],
  ['Inspect', { eval: { task: 't', run_id: 'r' }, samples: [] }, /--map inspect/],
  ['promptfoo', { results: { version: 3, results: [{ testIdx: 0, promptIdx: 0 }] } }, /--map promptfoo/],
  ['tau-bench', [{ task_id: 1, trial: 0, reward: 1, traj: [] }][0], /--map tau-bench/],
])('%s', (name, row, way) => {
  expect(DIALECTS.filter((dialect) => dialect.claims(row) > 0)).toEqual([])
  expect(otherTool(row)).toMatchObject({ name, way: expect.stringMatching(way) })
})

test.each([
  ['a list', []],
  ['a text', 'row'],
  ['a row of nobody', { id: 'q-17', customer: 'c-4', asked: 'Where is it?' }],
  ['a native record', { run_id: 'r', family_id: 'f', intent_id: 'i', trace_id: 't', case_id: 'c', steps: [] }],
  ['spans of OpenTelemetry', aRequest(aCall())],
  ['a run of LangSmith', { id: 'r', trace_id: 't', run_type: 'llm', name: 'x', ...clock, inputs: {}, outputs: {} }],
  ['an observation of Langfuse', { id: 'o', traceId: 't', type: 'GENERATION', startTime: 'x', input: {} }],
])('%s is of no other tool', (_, row) => {
  expect(otherTool(row)).toBeNull()
})

test.each<[field: string | null, rows: readonly unknown[]]>([
  ['conversation_id', [{ conversation_id: 'a', turn: 1 }, { conversation_id: 'a', turn: 2 }, { conversation_id: 'b' }]],
  [
    'trace_id',
    [
      { session_id: 's', trace_id: 1 },
      { session_id: 's', trace_id: 1 },
    ],
  ],
  [null, [{ trace_id: 'a' }, { trace_id: 'b' }]],
  [null, [{ trace_id: 'a' }, { trace_id: 'a' }, {}]],
  [null, [1, null]],
  [null, []],
])('rows of nobody’s that belong together by %s', (field, rows) => {
  expect(groupFieldOf(rows)).toBe(field)
})
