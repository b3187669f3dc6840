/**
 * Langfuse: traces of its API, dumps of its web interface, and the three files of its blob export (traces, observations, scores), joined by
 * trace id. Session and user stand with the trace alone.
 */
import { type Asked, type Dialect, namedIn } from '../dialect.ts'
import { millis, nanosOf, plainId } from '../ids.ts'
import { langfuseSpan, OBSERVATION_TYPES } from '../langfuse-span.ts'
import { wrappedIn } from '../pages.ts'
import { type About, type Part, type Score, spanOf, type Where } from '../span.ts'
import { type Fields, field, fieldsIn, isFields, numberOf, textOf } from '../values.ts'

export const langfuse: Dialect = {
  name: 'langfuse',
  about: 'Langfuse: API and web traces, and the traces, observations and scores of its blob export',
  envelope: 'langfuse',
  claims: (row) => [...records(row)].length,
  *parts(row, where, asked) {
    for (const record of records(row)) yield* partsOf(record, where, asked)
  },
}

type Found = { readonly kind: 'trace' | 'observation' | 'score'; readonly row: Fields; readonly trace: string }

/** Every record in a row: a trace with what stands in it, or one of the export's rows. */
function* records(row: unknown): Generator<Found> {
  if (!isFields(row)) return
  const own = kindOf(row)
  const lists = [
    ...(isFields(row.trace) ? [row.trace] : []),
    ...listIn(row, 'observations'),
    ...listIn(row, 'scores'),
    ...(own === null ? wrappedIn(row) : []),
  ]
  const trace = own === 'trace' ? plainId(row.id) : plainId(field(row, 'traceId', 'trace_id'))
  if (own && trace !== null) yield { kind: own, row, trace }
  for (const item of lists) {
    if (!isFields(item)) continue
    // A dump lists the observations twice: in the trace, without their words, and beside it.
    yield* records(item === row.trace ? { ...item, observations: undefined } : item)
  }
}

const listIn = (row: Fields, name: string): readonly unknown[] => (Array.isArray(row[name]) ? row[name] : [])

function kindOf(row: Fields): Found['kind'] | null {
  const traced = field(row, 'traceId', 'trace_id') !== null
  if (
    traced &&
    typeof row.type === 'string' &&
    OBSERVATION_TYPES.has(row.type.toUpperCase()) &&
    field(row, 'startTime', 'start_time') !== null &&
    !('run_type' in row)
  )
    return 'observation'
  if (traced && typeof row.name === 'string' && /^(API|EVAL|ANNOTATION)$/.test(String(row.source))) return 'score'
  const isTrace =
    typeof row.id === 'string' &&
    field(row, 'timestamp') !== null &&
    ['sessionId', 'session_id', 'userId', 'user_id'].some((name) => name in row)
  return isTrace && !traced ? 'trace' : null
}

function* partsOf({ kind, row, trace }: Found, where: Where, asked: Asked): Generator<Part> {
  if (kind === 'trace') yield { kind: 'about', about: aboutTrace(row, trace, where, asked) }
  if (kind === 'score') yield { kind: 'about', about: { trace, scores: [scoreOf(row)], where } }
  if (kind !== 'observation') return
  const id = plainId(row.id)
  if (id === null) {
    yield { kind: 'unread', reason: 'id_unreadable', where }
    return
  }
  const start = nanosOf(field(row, 'startTime', 'start_time'))
  // It would stand in any order.
  if (start === null) {
    yield { kind: 'unread', reason: 'time_unreadable', where }
    return
  }
  const end = nanosOf(field(row, 'endTime', 'end_time'))
  const type = String(row.type).toUpperCase()
  const first = nanosOf(field(row, 'completionStartTime', 'completion_start_time'))
  const span = langfuseSpan({
    type,
    name: textOf(row.name) ?? type.toLowerCase(),
    input: row.input,
    output: row.output,
    model: field(row, 'model', 'provided_model_name', 'providedModelName'),
    parameters: field(row, 'modelParameters', 'model_parameters'),
    usageDetails: field(row, 'usageDetails', 'usage_details'),
    usage: row.usage,
    costDetails: field(row, 'costDetails', 'cost_details'),
    totalCost: field(row, 'totalCost', 'total_cost', 'calculatedTotalCost'),
    level: row.level,
    statusMessage: field(row, 'statusMessage', 'status_message'),
    promptName: field(row, 'promptName', 'prompt_name'),
    promptVersion: field(row, 'promptVersion', 'prompt_version'),
    attributes: fieldsIn(fieldsIn(row.metadata).attributes),
  })
  yield {
    kind: 'span',
    span: spanOf({
      ...span,
      trace,
      span: id,
      parent: plainId(field(row, 'parentObservationId', 'parent_observation_id')),
      name: textOf(row.name) ?? '',
      start,
      end: end ?? (type === 'EVENT' ? start : null),
      first_token_ms: millis(start, first),
      session: textOf(field(row, 'sessionId', 'session_id')),
      user: textOf(field(row, 'userId', 'user_id')),
      updated: nanosOf(field(row, 'updatedAt', 'updated_at')),
      open: end === null && span.kind === 'call',
      named: namedIn(row, asked),
      where,
    }),
  }
}

function aboutTrace(row: Fields, trace: string, where: Where, asked: Asked): About {
  const cost = numberOf(field(row, 'totalCost', 'total_cost'))
  const seconds = numberOf(row.latency)
  return {
    trace,
    name: textOf(row.name),
    session: textOf(field(row, 'sessionId', 'session_id')),
    user: textOf(field(row, 'userId', 'user_id')),
    start: nanosOf(row.timestamp),
    cost_usd: cost === 0 ? null : cost,
    latency_ms: seconds === null ? null : Number((seconds * 1000).toPrecision(12)),
    updated: nanosOf(field(row, 'updatedAt', 'updated_at')),
    named: namedIn(row, asked),
    where,
  }
}

function scoreOf(row: Fields): Score {
  const type = String(field(row, 'dataType', 'data_type') ?? 'NUMERIC')
  const label = textOf(field(row, 'stringValue', 'string_value'))
  const value = numberOf(row.value)
  const source = String(row.source)
  return {
    name: String(row.name),
    value: type === 'BOOLEAN' ? value === 1 : type === 'NUMERIC' ? value : (label ?? textOf(row.value)),
    label,
    kind: source === 'ANNOTATION' ? 'human' : source === 'EVAL' ? 'judge' : 'rule',
    annotator: textOf(field(row, 'authorUserId', 'author_user_id')),
    comment: textOf(row.comment),
    row: plainId(row.id),
    time: nanosOf(field(row, 'updatedAt', 'updated_at', 'timestamp')),
  }
}
