/** LangSmith: runs as its API and bulk export write them, what its SDK posts and patches, and feedback beside them. */

import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import { type Asked, type Dialect, namedIn } from '../dialect.ts'
import { millis, nanosOf, plainId } from '../ids.ts'
import { recordedMessages } from '../messages.ts'
import { wrappedIn } from '../pages.ts'
import { passagesOf } from '../passages.ts'
import { type Part, type Score, type Span, type SpanKind, spanOf, type Where } from '../span.ts'
import { usageIncluding, usageOfClient } from '../usage.ts'
import {
  countOf,
  type Fields,
  field,
  fieldsIn,
  firstFields,
  isCut,
  isFields,
  numberOf,
  opened,
  textOf,
} from '../values.ts'

export const RUN_TYPES: Readonly<Record<string, SpanKind>> = {
  llm: 'call',
  tool: 'tool',
  retriever: 'retrieval',
  chain: 'workflow',
}

export const langsmith: Dialect = {
  name: 'langsmith',
  about: 'LangSmith: runs (API, bulk export, what the SDK sends) and feedback',
  envelope: 'langsmith',
  claims: (row) => [...records(row)].length,
  *parts(row, where, asked) {
    for (const record of records(row)) yield* partsOf(record, where, asked)
  },
}

interface Found {
  readonly kind: 'run' | 'patch' | 'feedback'
  readonly row: Fields
}

function* records(row: unknown): Generator<Found> {
  if (!isFields(row)) return
  if (typeof row.run_type === 'string' && plainId(row.id) !== null) yield { kind: 'run', row }
  else if (typeof row.key === 'string' && plainId(row.run_id) !== null && ('score' in row || 'value' in row))
    yield { kind: 'feedback', row }
  else if (typeof row.dotted_order === 'string' && plainId(row.trace_id) !== null) yield { kind: 'patch', row }
  else for (const item of wrappedIn(row)) yield* records(item)
  for (const item of completed(listIn(row, 'post'), listIn(row, 'patch'))) yield* records(item)
  for (const item of listIn(row, 'child_runs')) yield* records(item)
}

const listIn = (row: Fields, name: string): readonly Fields[] =>
  Array.isArray(row[name]) ? row[name].filter(isFields) : []

/** What was posted with what one request patched into it: the kind stands in the post alone, the answer in the patch. */
function completed(posts: readonly Fields[], patches: readonly Fields[]): Fields[] {
  const known = new Set(posts.map(runId))
  const by = Map.groupBy(patches, runId)
  return [
    ...posts.map((post) => Object.assign({}, post, ...(by.get(runId(post)) ?? [])) as Fields),
    ...patches.filter((patch) => !known.has(runId(patch))),
  ]
}

/** The id, or what the order of a patch ends with. */
const runId = (row: Fields): string => plainId(row.id) ?? String(row.dotted_order).slice(-36)

function* partsOf({ kind, row }: Found, where: Where, asked: Asked): Generator<Part> {
  const trace = plainId(field(row, 'trace_id') ?? (kind === 'run' ? runId(row) : row.run_id))!
  if (kind === 'feedback') yield { kind: 'about', about: { trace, scores: [feedbackOf(row)], where } }
  else if (kind === 'patch') {
    const end = nanosOf(row.end_time)
    const said = { ...saidBy(row, null), end, open: end === null }
    yield { kind: 'more', more: { trace, span: runId(row), time: end, said, where } }
    // It would stand in any order.
  } else if (nanosOf(row.start_time) === null) yield { kind: 'unread', reason: 'time_unreadable', where }
  else yield { kind: 'span', span: spanFrom(row, trace, where, asked) }
}

function spanFrom(row: Fields, trace: string, where: Where, asked: Asked): Span {
  const start = nanosOf(row.start_time)
  const end = nanosOf(row.end_time)
  const metadata = metadataOf(row)
  const kind = RUN_TYPES[String(row.run_type)] ?? 'other'
  const first = nanosOf(row.first_token_time)
  return spanOf({
    trace,
    span: runId(row),
    parent: plainId(row.parent_run_id),
    name: textOf(row.name) ?? '',
    kind,
    start,
    end,
    open: end === null,
    status: row.error ? 'error' : 'unset',
    status_text: row.error ? String(row.error).slice(0, 300) : textOf(row.status),
    agent: kind === 'workflow' && row.parent_run_id == null ? textOf(row.name) : null,
    first_token_ms: millis(start, first),
    ...whoIn(metadata),
    scores: statsOf(row),
    named: namedIn(row, asked),
    updated: nanosOf(field(row, 'updated_at', 'last_updated')),
    where,
    ...saidBy(row, kind),
  })
}

/** session_id of a run is the project; the conversation stands in the metadata. */
export const whoIn = (metadata: Fields): Pick<Span, 'session' | 'user'> => ({
  session: textOf(field(metadata, 'thread_id', 'session_id', 'conversation_id')),
  user: textOf(field(metadata, 'user_id')),
})

const metadataOf = (row: Fields): Fields => fieldsIn(fieldsIn(row.extra).metadata)

/**
 * What a run took and gave.
 *
 * @param kind null: a patch, whose kind stands in its post
 */
export function saidBy(row: Fields, kind: SpanKind | null): Partial<Span> {
  const inputs = opened(row.inputs)
  const outputs = opened(row.outputs)
  const isCall =
    kind === 'call' || (kind === null && isFields(outputs) && ('choices' in outputs || 'generations' in outputs))
  const metadata = metadataOf(row)
  return {
    input: isCall ? recordedMessages(inputs, 'user') : null,
    output: isCall ? recordedMessages(outputs, 'assistant') : null,
    cut: [isCut(row.inputs) ? 'inputs' : null, isCut(row.outputs) ? 'outputs' : null].filter((name) => name !== null),
    external: elsewhere(row),
    usage: isCall ? usageIn(row, outputs, metadata) : null,
    // What a patch answers with is the model that answered; the post only names the one that was asked.
    model: isCall && outputs !== null && outputs !== undefined ? modelIn(outputs, metadata) : null,
    ...(isCall ? { settings: settingsIn(row, metadata) } : {}),
    cost_usd: numberOf(row.total_cost),
    tool: kind === 'tool' ? toolIn(row, inputs, outputs) : null,
    retrieval: kind === 'retrieval' ? retrievalIn(row, inputs, outputs) : null,
  }
}

const elsewhere = (row: Fields): string[] =>
  ['inputs', 'outputs'].filter(
    (name) =>
      isFields(row[`${name}_s3_urls`]) && Object.keys(row[`${name}_s3_urls`] as Fields).length > 0 && row[name] == null,
  )

function usageIn(row: Fields, outputs: unknown, metadata: Fields) {
  const given = usageMetadata(outputs) ?? (isFields(metadata.usage_metadata) ? metadata.usage_metadata : {})
  const details = (name: string, at: Fields): Fields => firstFields(at, name) ?? {}
  const input = { ...details('input_token_details', given), ...details('prompt_token_details', row) }
  const output = { ...details('output_token_details', given), ...details('completion_token_details', row) }
  const counted = usageIncluding({
    prompt: countOf(field(row, 'prompt_tokens') ?? given.input_tokens),
    completion: countOf(field(row, 'completion_tokens') ?? given.output_tokens),
    cached: countOf(input.cache_read),
    cache_write: countOf(input.cache_creation),
    reasoning: countOf(output.reasoning),
  })
  const answer = fieldsIn(outputs)
  return counted ?? usageOfClient(fieldsIn(answer.usage ?? fieldsIn(answer.llm_output).token_usage))
}

/** Beside the answer, or with the message of a generation. */
function usageMetadata(outputs: unknown): Fields | null {
  if (!isFields(outputs)) return null
  if (isFields(outputs.usage_metadata)) return outputs.usage_metadata
  const generation = Array.isArray(outputs.generations) ? outputs.generations.flat()[0] : null
  const message = isFields(generation) ? generation.message : null
  const kwargs = isFields(message) ? (isFields(message.kwargs) ? message.kwargs : message) : null
  return kwargs && isFields(kwargs.usage_metadata) ? kwargs.usage_metadata : null
}

const modelIn = (outputs: unknown, metadata: Fields): string | null =>
  textOf(fieldsIn(outputs).model) ??
  textOf(metadata.ls_model_name) ??
  textOf(fieldsIn(fieldsIn(outputs).llm_output).model_name)

function settingsIn(row: Fields, metadata: Fields): Span['settings'] {
  const parameters = parametersOf(row)
  return callSettings({
    model: textOf(metadata.ls_model_name) ?? field(parameters, 'model', 'model_name'),
    temperature: metadata.ls_temperature ?? parameters.temperature,
    top_p: parameters.top_p,
    max_tokens: metadata.ls_max_tokens ?? parameters.max_tokens,
  })
}

/** Parameters with which the model or the retriever was called. */
function parametersOf(row: Fields): Fields {
  return firstFields(fieldsIn(row.extra), 'invocation_params') ?? {}
}

function toolIn(row: Fields, inputs: unknown, outputs: unknown): Span['tool'] {
  const given =
    isFields(inputs) && Object.keys(inputs).length === 1 && 'input' in inputs ? opened(inputs.input) : inputs
  const answer = isFields(outputs) ? opened(field(outputs, 'output', 'result') ?? outputs) : outputs
  const message = isFields(answer) ? (isFields(answer.kwargs) ? answer.kwargs : answer) : null
  const isMessage = message !== null && ('tool_call_id' in message || message.type === 'tool')
  return {
    id: isMessage ? textOf(message.tool_call_id) : null,
    name: textOf(row.name) ?? 'tool',
    // Python's own form of a dictionary is no JSON; the model's call says what was asked for.
    arguments: typeof given === 'object' && given !== null ? argumentsIn(given) : undefined,
    result: contentText(isMessage ? message.content : answer),
    error: row.error || (isMessage && message.status === 'error') ? true : null,
  }
}

function retrievalIn(row: Fields, inputs: unknown, outputs: unknown): Span['retrieval'] {
  const parameters = parametersOf(row)
  const name = textOf(row.name) ?? ''
  return {
    bucket: /(retriever|retrieve|search)$/i.test(name) ? null : name,
    query: textOf(isFields(inputs) ? field(inputs, 'query', 'input', 'question') : inputs),
    top_k: countOf(field(parameters, 'k', 'top_k') ?? metadataOf(row).ls_top_k),
    passages: passagesOf(isFields(outputs) && 'output' in outputs ? outputs.output : outputs),
  }
}

/** Averages of feedback that stand with a run: one value of it is that value. */
function statsOf(row: Fields): Score[] {
  return Object.entries(fieldsIn(row.feedback_stats)).flatMap(([name, stat]) =>
    isFields(stat) && stat.n === 1 && numberOf(stat.avg) !== null
      ? [{ name, value: numberOf(stat.avg), label: null, kind: 'rule' as const, annotator: null, comment: null }]
      : [],
  )
}

function feedbackOf(row: Fields): Score {
  const source = isFields(row.feedback_source) ? String(row.feedback_source.type) : ''
  return {
    name: String(row.key),
    value: typeof row.score === 'boolean' ? row.score : (numberOf(row.score) ?? textOf(row.value)),
    label: textOf(row.value),
    kind: source === 'app' ? 'human' : source === 'model' ? 'judge' : 'rule',
    annotator: null,
    comment: textOf(row.comment),
    row: plainId(row.id),
    time: nanosOf(field(row, 'modified_at', 'created_at')),
  }
}
