/** Where a document keeps its records: the one table of lists at which a document is split. */
import { type Fields, isFields } from '#core/traces/values.ts'

export interface ListPlace {
  /** Keys from the root; the root itself is `[]`. */
  readonly path: readonly string[]
  /** Keys beside the list that say that the object is itself a record, whose list belongs to it. */
  readonly unless: readonly string[]
  /** Lists of an element, at which it is cut if it is too long for one row. */
  readonly inner: readonly ListPlace[]
}

/** A span, a run or a sample keeps lists of its own under names that envelopes use too. */
const RECORD = [
  'attributes',
  'context',
  'datasource_item',
  'epoch',
  'messages',
  'run_type',
  'span_id',
  'spanId',
  'spanContext',
]

const list = (path: string, unless: readonly string[] = [], inner: readonly ListPlace[] = []): ListPlace => ({
  path: path.split('.'),
  unless,
  inner,
})

const SCOPES = ['scopeSpans', 'scope_spans', 'instrumentationLibrarySpans'].map((name) =>
  list(name, [], [list('spans')]),
)
const LOG_SCOPES = ['scopeLogs', 'scope_logs'].map((name) => list(name, [], [list('logRecords'), list('log_records')]))

/** A new envelope is one line here. */
const IN_OBJECTS: readonly ListPlace[] = [
  list('resourceSpans', [], SCOPES), // OTLP, as a collector or an exporter sends it
  list('resource_spans', [], SCOPES),
  list('resourceLogs', [], LOG_SCOPES),
  list('resource_logs', [], LOG_SCOPES),
  list('batches', [], SCOPES), // Tempo
  list('trace.resourceSpans', [], SCOPES),
  list('data', RECORD, [list('spans')]), // lists of OpenAI, Langfuse, Phoenix; Jaeger
  list('data.spans'), // MLflow
  list('spans'),
  list('traces', [], [list('spans'), list('observations')]),
  list('observations'), // Langfuse
  list('scores', ['messages', 'epoch', 'span_id']),
  list('batch'),
  list('runs'), // LangSmith
  list('post'),
  list('patch'),
  list('samples'), // Inspect
  list('simulations'), // tau2
  list('results', RECORD),
  list('results.results'), // promptfoo
  list('events', RECORD), // Braintrust, CloudWatch
  list('logEvents'),
  list('items', RECORD),
  list('hits.hits'), // OpenSearch
  list('rows', RECORD), // Logfire
]

export const LISTS: readonly ListPlace[] = [{ path: [], unless: [], inner: IN_OBJECTS }, ...IN_OBJECTS]

/** A list that stands open: where, and what it is wrapped in. */
export interface OpenList {
  readonly path: readonly string[]
  /** One element in its envelope: the scalar fields that stood before the list, and a list of that element. */
  wrap(element: unknown): unknown
  /** The envelope alone, without the list. */
  readonly envelope: unknown
  readonly inner: readonly ListPlace[]
}

/** The value of a text of JSON without the lists at these paths. */
export function withoutLists(value: unknown, lists: readonly OpenList[]): unknown {
  const copy = structuredClone(value)
  for (const { path } of lists) {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy)
    if (path.length > 0) delete (parent as Record<string, unknown>)[path.at(-1)!]
  }
  return copy
}

/** Stands for the list that begins where a text of JSON was cut. */
export const HERE = '\0 the list that begins here'

/** Longest text that every element of a list repeats; longer ones stand once, in the envelope. */
const MOST_CHARS = 1024

/**
 * The list whose place holds `HERE` in `outer`, if it is one of `places`.
 *
 * @param whole the envelope keeps all that stood before the list, also objects: an element that is cut
 */
export function openedList(outer: unknown, places: readonly ListPlace[], whole: boolean): OpenList | null {
  for (const { path, unless, inner } of places) {
    const objects: Fields[] = []
    let at = outer
    for (const key of path) {
      if (!isFields(at) || !Object.hasOwn(at, key)) break
      objects.push(at)
      at = at[key]
    }
    if (at !== HERE || objects.length < path.length) continue
    if (unless.some((key) => objects.some((object) => Object.hasOwn(object, key)))) return null
    const scalars = objects.map((object) => (whole ? othersOf(object) : scalarsOf(object)))
    const inEnvelope = (value: unknown, depth: number): unknown =>
      depth === 0 ? value : inEnvelope({ ...scalars[depth - 1], [path[depth - 1]!]: value }, depth - 1)
    return {
      path,
      inner,
      wrap: (element) => inEnvelope(path.length === 0 ? element : [element], path.length),
      envelope: path.length === 0 ? [] : inEnvelope(scalars.at(-1), path.length - 1),
    }
  }
  return null
}

const othersOf = (object: Fields): Fields =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== HERE && !isEmptyList(value)))

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function scalarsOf(object: Fields): Fields {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) =>
        value !== HERE &&
        (typeof value !== 'object' || value === null) &&
        !(typeof value === 'string' && value.length > MOST_CHARS),
    ),
  )
}
