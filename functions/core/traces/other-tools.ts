/**
 * Tools that write rows of their own, of which no dialect is here: known by their keys, so that whoever exported them hears which way
 * there is. Another tool is an entry of this table.
 */
import { wrappedIn } from './pages.ts'
import { type Fields, isFields } from './values.ts'

export interface OtherTool {
  readonly name: string
  /** What to do with its rows. */
  readonly way: string
  is(row: Fields): boolean
}

const has = (row: unknown, ...names: readonly string[]): boolean => isFields(row) && names.every((name) => name in row)

const shipped = (name: string, map: string, is: OtherTool['is']): OtherTool => ({
  name,
  way: `Give the map that is shipped for them: --map ${map}`,
  is,
})

/** @param handed how a map is handed all that belongs to a trace */
const mapped = (name: string, handed: string, is: OtherTool['is']): OtherTool => ({
  name,
  way: `Write a map that is handed ${handed} (docs/recipes.md, "Plain logs"), or let the application send OpenTelemetry (GenAI or OpenInference) to a collector's file as well`,
  is,
})

const byTrace = (path: string) => `the rows of a trace: --map FILE --group-by ${path}`
const OPIK_TYPES: ReadonlySet<unknown> = new Set(['llm', 'tool', 'general', 'guardrail'])

const TOOLS: readonly OtherTool[] = [
  shipped('Amazon Bedrock agents', 'bedrock-agent', ({ trace }) => has(trace, 'sessionId', 'trace')),
  shipped('Claude Code', 'claude-code', (row) => has(row, 'sessionId', 'message') && has(row, 'uuid')),
  shipped(
    'Codex',
    'codex',
    ({ type, payload }) => isFields(payload) && /^(session_meta|turn_context|response_item|event_msg)$/.test(`${type}`),
  ),
  shipped('Inspect', 'inspect', (row) => has(row, 'epoch', 'messages', 'scores') || has(row.eval, 'task', 'run_id')),
  shipped('promptfoo', 'promptfoo', (row) => has(row, 'testIdx', 'promptIdx')),
  shipped('tau-bench', 'tau-bench', (row) =>
    has(row, 'task_id', 'trial')
      ? 'traj' in row || 'reward_info' in row
      : has(row.info, 'environment_info', 'agent_info'),
  ),
  {
    name: 'MLflow, without the spans of its traces',
    way: 'Export whole traces, which are read as they are: a line of trace.to_json() for each of mlflow.search_traces(return_type="list")',
    is: (row) =>
      has(row.info, 'trace_id') || has(row.info, 'request_id') ? 'data' in row : has(row, 'trace_metadata', 'state'),
  },
  mapped(
    "OpenAI's Agents SDK",
    byTrace('trace_id'),
    ({ object, span_data }) => object === 'trace.span' && isFields(span_data),
  ),
  {
    name: 'OpenTelemetry, but metrics',
    way: 'Leave the file out of the import',
    is: ({ resourceMetrics }) => Array.isArray(resourceMetrics),
  },
  {
    name: 'OpenTelemetry, but logs of no model call',
    way: 'Export the traces: log records of model calls are joined to them by their trace id and span id',
    is: ({ resourceLogs }) => Array.isArray(resourceLogs),
  },
  mapped('Weights & Biases Weave', byTrace('trace_id'), (row) => has(row, 'op_name', 'trace_id', 'started_at')),
  mapped('Braintrust', byTrace('root_span_id'), (row) => has(row, 'root_span_id', 'span_id') && !('attributes' in row)),
  mapped(
    'Helicone',
    'the requests of a session: --map FILE --group-by request_properties.Helicone-Session-Id',
    (row) => has(row, 'request_id') && ('request_body' in row || 'request_created_at' in row),
  ),
  mapped(
    'Datadog LLM Observability',
    byTrace('attributes.trace_id'),
    (row) => has(row, 'ml_app') || has(row.attributes, 'ml_app') || has(row.meta, 'kind') || has(row.meta, 'span.kind'),
  ),
  mapped(
    'Opik',
    byTrace('trace_id'),
    (row) =>
      has(row, 'feedback_scores', 'start_time') ||
      (has(row, 'trace_id', 'start_time') && !('span_id' in row) && OPIK_TYPES.has(row.type)),
  ),
  {
    name: 'OpenAI Evals, without the items of a run',
    way: 'Fetch those: GET /v1/evals/EVAL/runs/RUN/output_items',
    is: ({ object }) => object === 'eval' || object === 'eval.run',
  },
  {
    name: "Langfuse's SDK, as it sends them",
    way: 'Export what Langfuse made of them: traces of its API, or the blob export',
    is: ({ type, body }) =>
      isFields(body) && /^(trace|span|generation|event|observation|score)-(create|update)$/.test(`${type}`),
  },
  {
    name: 'a model alone, its answers',
    way: 'What it was asked, and what the agent did, stands in traces: record those (OpenTelemetry GenAI or OpenInference)',
    is: ({ object }) => object === 'response' || object === 'chat.completion',
  },
  {
    name: 'an answer that tells of an error',
    way: 'See what it says, and fetch the export again',
    is: (row) => (has(row, 'error') || has(row, 'statusCode', 'message')) && Object.keys(row).length <= 4,
  },
  {
    name: 'AWS X-Ray',
    way: 'It keeps no messages: export the spans of the log group aws/spans, and what the application logs of them',
    is: (row) => has(row, 'Id', 'Segments') || (Array.isArray(row.Traces) && has(row.Traces[0], 'Segments')),
  },
  {
    name: 'Logfire, column by column',
    way: 'Ask for rows, which are read as they are: json_rows=true, or CSV',
    is: ({ columns }) => Array.isArray(columns) && has(columns[0], 'name', 'values'),
  },
  {
    name: 'Azure Monitor, as lists of cells',
    way: 'Export rows, which are read as they are: CSV, or az monitor log-analytics query -o json',
    is: ({ tables }) => Array.isArray(tables) && has(tables[0], 'columns', 'rows'),
  },
]

/** Where rows of one's own usually say what they belong to. */
const GROUPS =
  'trace_id traceId run_id runId conversation_id conversationId chat_id thread_id threadId session_id sessionId'.split(
    ' ',
  )

/** The field by which rows of nobody's are probably grouped: each says it, and some say the same. */
export function groupFieldOf(rows: readonly unknown[]): string | null {
  const isGroup = (name: string): boolean => {
    const values = rows.map((row) => (isFields(row) ? row[name] : null))
    return (
      values.every((value) => typeof value === 'string' || typeof value === 'number') &&
      new Set(values).size < rows.length
    )
  }
  return GROUPS.find(isGroup) ?? null
}

/** The tool that wrote a row, or the rows of this page; null: nobody knows. */
export function otherTool(row: unknown): OtherTool | null {
  if (!isFields(row)) return null
  const inner = wrappedIn(row)
  const rows = [row, ...inner, ...inner.flatMap(wrappedIn)]
  return TOOLS.find((tool) => rows.some((each) => tool.is(each))) ?? null
}
