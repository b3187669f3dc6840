/**
 * Spans and log events in the envelopes of OpenTelemetry, each made plain: OTLP in its spellings (collector, protobuf's own JSON,
 * decoders' dumps), and the flat dumps of SDKs, of Phoenix and of CloudWatch. What the attributes mean is the dialects' business.
 */
import { hexId, nanosOf, plainId } from './ids.ts'
import { renamedRow } from './other-columns.ts'
import type { UnreadReason, Where } from './span.ts'
import { attributes, type Fields, field, fieldsIn, flatNames, isFields, opened, plain, textOf } from './values.ts'

export interface WireEvent {
  readonly name: string
  readonly time: string | null
  readonly attrs: Fields
  /** Body of a log record; null for an event of a span. */
  readonly body: unknown
}

export interface WireSpan {
  readonly trace: string
  readonly span: string
  readonly parent: string | null
  readonly name: string
  readonly start: string | null
  readonly end: string | null
  readonly status: 'ok' | 'error' | 'unset'
  readonly message: string | null
  readonly attrs: Fields
  readonly events: readonly WireEvent[]
  readonly scope: string
  readonly resource: Fields
  readonly where: Where
}

/** A log record that belongs to a span. */
export interface WireLog extends WireEvent {
  readonly trace: string
  readonly span: string
  readonly scope: string
  readonly where: Where
}

/** What a row of these envelopes holds. `unread`: why for each span and record that nobody can read. `null`: it is no such envelope. */
export interface WireRow {
  readonly spans: readonly WireSpan[]
  readonly logs: readonly WireLog[]
  readonly unread: readonly UnreadReason[]
}

export function wireOf(value: unknown, where: Where): WireRow | null {
  const row: Into = { spans: [], logs: [], unread: [] }
  return isFields(value) && read(value, where, row) ? row : null
}

type Into = { spans: WireSpan[]; logs: WireLog[]; unread: UnreadReason[] }

function read(value: Fields, where: Where, into: Into): boolean {
  const resources = list(value, 'resourceSpans', 'resource_spans', 'batches')
  const logs = list(value, 'resourceLogs', 'resource_logs')
  if (resources || logs) {
    for (const resource of resources ?? [])
      scopes(resource, where, into, ['scopeSpans', 'scope_spans', 'instrumentationLibrarySpans'])
    for (const resource of logs ?? []) scopes(resource, where, into, ['scopeLogs', 'scope_logs'])
    return true
  }
  if (list(value, 'scopeSpans', 'scope_spans', 'scopeLogs', 'scope_logs')) {
    scopes(value, where, into, ['scopeSpans', 'scope_spans', 'scopeLogs', 'scope_logs'])
    return true
  }
  const inner = innerOf(value)
  if (inner) return read(inner, where, into)
  const flat = list(value, 'spans', 'data', 'logRecords', 'rows', 'traces', 'hits', 'results')
  if (flat) return flat.map((item) => isFields(item) && read(withTrace(item, value), where, into)).some(Boolean)
  return one(value, '', null, where, into)
}

/** What holds the spans, where a backend wraps it: Tempo's trace, MLflow's, also as text in a table, an answer of Elasticsearch. */
function innerOf(value: Fields): Fields | null {
  const trace = typeof value.trace === 'string' ? fieldsIn(value.trace) : value.trace
  if (isFields(trace) && (list(trace, 'resourceSpans', 'resource_spans') || isFields(trace.data))) return trace
  if (isFields(value.data) && list(value.data, 'spans')) return value.data
  if (typeof value.spans === 'string') return { spans: opened(value.spans) }
  if (isFields(value.hits) && list(value.hits, 'hits')) return value.hits
  return isFields(value._source) ? value._source : null
}

/** Google Cloud names the trace once, around its spans. */
const withTrace = (item: Fields, { traceId }: Fields): Fields =>
  typeof traceId === 'string' && item.traceId === undefined ? { ...item, traceId } : item

const list = (value: Fields, ...names: readonly string[]): readonly unknown[] | null => {
  const found = field(value, ...names)
  return Array.isArray(found) ? found : null
}

function scopes(resource: unknown, where: Where, into: Into, names: readonly string[]): void {
  if (!isFields(resource)) return
  const said = attributes(isFields(resource.resource) ? resource.resource.attributes : null)
  const about = Object.keys(said).length > 0 ? said : null
  for (const scoped of list(resource, ...names) ?? []) {
    if (!isFields(scoped)) continue
    const scope = field(scoped, 'scope', 'instrumentationLibrary', 'instrumentation_library')
    const name = isFields(scope) ? (textOf(scope.name) ?? '') : ''
    for (const item of list(scoped, 'spans') ?? [])
      if (isFields(item) && !one(item, name, about, where, into)) into.unread.push('id_unreadable')
    // What an application logs of no span belongs to no trace.
    for (const item of list(scoped, 'logRecords', 'log_records') ?? [])
      if (isFields(item) && field(item, 'spanId', 'span_id')) one(item, name, about, where, into)
  }
}

/**
 * One span or log record, wherever its ids stand. False: it has none. Spellings are asked for one by one: this is asked of every span, and
 * a lookup by a name that varies costs ten times as much.
 */
function one(item: Fields, scopeName: string, resource: Fields | null, where: Where, into: Into): boolean {
  const context = item.context ?? item.spanContext ?? item.span_context
  const ids = isFields(context) ? context : item
  const rawTrace = ids.traceId ?? ids.trace_id ?? ids.traceID ?? null
  const rawSpan = ids.spanId ?? ids.span_id ?? ids.spanID ?? (isTagged(item) ? item.id : null) ?? null
  const rawStart =
    item.startTimeUnixNano ??
    item.start_time_unix_nano ??
    item.start_time ??
    item.startTime ??
    item.start_timestamp ??
    (isTagged(item) ? item.timestamp : null) ??
    null
  if (rawTrace === null || rawSpan === null || (rawStart === null && item.body === undefined)) {
    const renamed = renamedRow(item)
    if (renamed) return renamed.spanId ? one(renamed, scopeName, resource, where, into) : false
    if (rawTrace === null || rawSpan === null) return false
  }
  const flat = !('startTimeUnixNano' in item) && !('timeUnixNano' in item)
  const trace = hexId(rawTrace, 16) ?? (flat ? opaque(rawTrace) : null)
  const span = hexId(rawSpan, 8) ?? (flat ? opaque(rawSpan) : null)
  if (trace === null || span === null) {
    into.unread.push('id_unreadable')
    return true
  }
  const attrs = attributesOf(item)
  const scope = scopeOf(item) || (textOf(attrs['otel.scope.name'] ?? attrs['otel.library.name']) ?? scopeName)
  const start = nanosOf(rawStart)
  const body = item.body
  if (body !== undefined && !('parentSpanId' in item) && (item.endTimeUnixNano ?? item.end_time ?? null) === null) {
    into.logs.push({ trace, span, scope, where, ...event(item) })
    return true
  }
  // A span that stands nowhere in time would be put in any order.
  if (start === null) {
    into.unread.push('time_unreadable')
    return true
  }
  const { status, message } = statusOf(item, attrs)
  into.spans.push({
    trace,
    span,
    parent: parentOf(item, flat),
    name: textOf(item.name ?? item.span_name ?? item.operationName) ?? '',
    start,
    end:
      nanosOf(item.endTimeUnixNano ?? item.end_time_unix_nano ?? item.end_time ?? item.endTime ?? item.end_timestamp) ??
      endOfTagged(item, start),
    status,
    message,
    attrs,
    events: eventsOf(item),
    scope,
    resource: resource ?? attributes(isFields(item.resource) ? item.resource.attributes : null),
    where,
  })
  return true
}

const opaque = (value: unknown): string | null => plainId(typeof value === 'number' ? String(value) : value)

function scopeOf(item: Fields): string {
  const scope = item.scope ?? item.instrumentationScope ?? item.instrumentationLibrary ?? item.otel_scope_name
  return isFields(scope) ? (textOf(scope.name) ?? '') : (textOf(scope) ?? '')
}

function parentOf(item: Fields, flat: boolean): string | null {
  const parent =
    item.parentSpanId ??
    item.parent_span_id ??
    item.parent_id ??
    item.parentSpanContext ??
    item.parent ??
    (isTagged(item) ? (item.parentId ?? item.parentSpanID ?? referredTo(item)) : null)
  const id = isFields(parent) && parent.type !== 'Buffer' ? (parent.spanId ?? parent.span_id ?? parent.spanID) : parent
  return hexId(id, 8) ?? (flat ? opaque(id) : null)
}

/** Whether it is a span as Jaeger and Zipkin give it out again: attributes are tags there, and times microseconds. */
const isTagged = (item: Fields): boolean =>
  typeof item.tags === 'object' && item.tags !== null && item.attributes === undefined && 'duration' in item

/** The span that this one was begun by, where it says so. */
function referredTo({ references }: Fields): unknown {
  if (!Array.isArray(references)) return null
  return references.find((each) => isFields(each) && each.refType !== 'FOLLOWS_FROM') ?? null
}

function endOfTagged(item: Fields, start: string | null): string | null {
  const { duration } = item
  if (!isTagged(item) || start === null || typeof duration !== 'number' || !(duration >= 0)) return null
  return nanosOf(String(BigInt(start) + BigInt(Math.round(duration)) * 1000n))
}

/** Attributes of a span, with the kind that Phoenix keeps beside them. */
function attributesOf(item: Fields): Fields {
  // Google Cloud calls them labels.
  const own = flatNames(attributes(opened(isTagged(item) ? item.tags : (item.attributes ?? item.labels))))
  return typeof item.span_kind === 'string' && !('openinference.span.kind' in own) && /^[A-Z]+$/.test(item.span_kind)
    ? { ...own, 'openinference.span.kind': item.span_kind }
    : own
}

const CODES: Readonly<Record<string, 'ok' | 'error'>> = {
  '1': 'ok',
  '2': 'error',
  ok: 'ok',
  error: 'error',
  status_code_ok: 'ok',
  status_code_error: 'error',
}

function statusOf(item: Fields, attrs: Fields): { status: 'ok' | 'error' | 'unset'; message: string | null } {
  const tagged = isTagged(item) ? (attrs['otel.status_code'] ?? (attrs.error === true ? 'error' : null)) : null
  const status = item.status ?? item.status_code ?? item.otel_status_code ?? tagged
  const code = isFields(status) ? (status.code ?? status.status_code) : status
  const message = isFields(status)
    ? (status.message ?? status.description)
    : (item.status_message ?? item.otel_status_message)
  const known = code === undefined || code === null ? undefined : CODES[String(code).toLowerCase()]
  return { status: known ?? 'unset', message: textOf(message) }
}

function eventsOf(item: Fields): WireEvent[] {
  const events = item.events ?? item.span_events ?? item.otel_events ?? (isTagged(item) ? loggedIn(item) : null)
  return Array.isArray(events) ? events.filter(isFields).map(event) : []
}

/** Events as Jaeger logs them: their name is one of their fields. */
function loggedIn({ logs }: Fields): unknown {
  if (!Array.isArray(logs)) return null
  return logs.filter(isFields).map(({ timestamp, fields }) => {
    const attrs = attributes(fields)
    return { name: field(attrs, 'event', 'name'), timestamp, attributes: attrs }
  })
}

function event(item: Fields): WireEvent {
  const attrs = attributes(item.attributes)
  const named = item.eventName ?? item.event_name ?? item.name ?? attrs['event.name']
  return {
    name: textOf(named) ?? '',
    time: nanosOf(item.timeUnixNano ?? item.time_unix_nano ?? item.timestamp ?? item.time ?? item.observedTimeUnixNano),
    attrs,
    body: plain(item.body ?? null),
  }
}
