/**
 * Rows of stores that keep OpenTelemetry's spans and log records under column names of their own. Another store is an entry of the table.
 */
import { nanosOf } from './ids.ts'
import { type Fields, field, fieldsIn, firstFields, isFields, numberOf, opened } from './values.ts'

/** A row of a store under OpenTelemetry's names; null: it is none of that store's. */
type Renaming = (row: Fields) => Fields | null

/** Instant after a start, `factor` nanoseconds times a recorded duration. */
function after(start: string | null, duration: unknown, factor: number): string | null {
  const took = numberOf(duration)
  return start === null || took === null || took < 0 ? null : String(BigInt(start) + BigInt(Math.round(took * factor)))
}

/**
 * Azure Application Insights, old and new names of its tables. Requests and dependencies are spans; what they logged (traces) says of
 * which span by its parent.
 */
function appInsights(row: Fields): Fields | null {
  const traceId = field(row, 'operation_Id', 'OperationId')
  if (traceId === null) return null
  const attributes = fieldsIn(field(row, 'customDimensions', 'Properties'))
  const parent = field(row, 'operation_ParentId', 'ParentId')
  const time = field(row, 'timestamp', 'TimeGenerated')
  const spanId = field(row, 'id', 'Id')
  const ms = field(row, 'duration', 'DurationMs')
  if (spanId === null || numberOf(ms) === null) {
    const message = field(row, 'message', 'Message')
    const name = attributes['event.name'] ?? message
    return { traceId, spanId: parent, timestamp: time, name, body: message, attributes }
  }
  const start = nanosOf(time)
  return {
    traceId,
    spanId,
    // The first of a trace has the trace itself as its parent.
    parentSpanId: parent === traceId ? null : parent,
    name: field(row, 'name', 'Name'),
    start_time: start,
    end_time: after(start, ms, 1e6),
    status: /^false$/i.test(String(field(row, 'success', 'Success'))) ? 'error' : null,
    attributes,
  }
}

/** ClickHouse, as the collector's exporter lays its tables out. */
function clickhouse(row: Fields): Fields | null {
  const { TraceId: traceId, SpanId: spanId, Timestamp } = row
  if (typeof traceId !== 'string' || typeof spanId !== 'string' || Timestamp === undefined) return null
  const resource = { attributes: fieldsIn(row.ResourceAttributes) }
  if ('LogAttributes' in row) {
    const attributes = fieldsIn(row.LogAttributes)
    return { traceId, spanId, timestamp: Timestamp, name: row.EventName, body: opened(row.Body), attributes, resource }
  }
  const start = nanosOf(Timestamp)
  const [names, times, attrs] = ['Name', 'Timestamp', 'Attributes'].map((name) => opened(row[`Events.${name}`]))
  const at = (list: unknown, i: number): unknown => (Array.isArray(list) ? list[i] : null)
  return {
    traceId,
    spanId,
    parentSpanId: row.ParentSpanId || null,
    name: row.SpanName,
    start_time: start,
    end_time: after(start, row.Duration, 1),
    status: row.StatusCode,
    status_message: row.StatusMessage,
    attributes: fieldsIn(row.SpanAttributes),
    events: Array.isArray(names)
      ? names.map((name, i) => ({ name, timestamp: at(times, i), attributes: fieldsIn(at(attrs, i)) }))
      : [],
    scope: { name: row.ScopeName },
    resource,
  }
}

/** Honeycomb and New Relic: every attribute is a column beside those of the span; an event of a span is a row of its own. */
function columnsBeside(row: Fields): Fields | null {
  const traceId = field(row, 'trace.trace_id', 'trace.id')
  if (traceId === null) return null
  const parent = field(row, 'trace.parent_id', 'parent.id')
  const time = field(row, 'Timestamp', 'timestamp', 'time')
  const isEvent = row['meta.annotation_type'] === 'span_event'
  if (isEvent) return { traceId, spanId: parent, timestamp: time, name: row.name, body: null, attributes: row }
  const start = nanosOf(time)
  return {
    traceId,
    spanId: field(row, 'trace.span_id', 'span.id', 'id'),
    parentSpanId: parent,
    name: row.name,
    start_time: start,
    end_time: after(start, field(row, 'duration_ms', 'duration.ms'), 1e6),
    status: row.error === true || row['otel.status_code'] === 'ERROR' ? 'error' : null,
    attributes: row,
  }
}

/** A table of Phoenix or Arize: a column an attribute, under `attributes.`. */
function phoenixTable(row: Fields): Fields | null {
  const [traceId, spanId] = [row['context.trace_id'], row['context.span_id']]
  if (traceId === undefined || spanId === undefined) return null
  const own = Object.keys(row).filter((name) => name.startsWith('attributes.'))
  const named = own.flatMap((name) => {
    const value = row[name]
    return value === null || value === '' ? [] : [[name.slice('attributes.'.length), value] as const]
  })
  return { ...row, traceId, spanId, events: opened(row.events), attributes: Object.fromEntries(named) }
}

/** Elasticsearch: the collector's own form, and that of its agents where it keeps attributes whole. */
function elastic(row: Fields): Fields | null {
  const start = nanosOf(row['@timestamp'])
  if (start === null) return null
  if (typeof row.span_id === 'string' && 'duration' in row)
    return { ...row, spanId: row.span_id, start_time: start, end_time: after(start, row.duration, 1) }
  const unit = firstFields(row, 'span', 'transaction')
  if (!unit || !isFields(row.trace) || !isFields(row.attributes)) return null
  return {
    traceId: row.trace.id,
    spanId: unit.id,
    parentSpanId: isFields(row.parent) ? row.parent.id : null,
    name: unit.name,
    start_time: start,
    end_time: after(start, fieldsIn(unit.duration).us, 1000),
    status: isFields(row.event) && row.event.outcome === 'failure' ? 'error' : null,
    attributes: row.attributes,
  }
}

/** Snowflake's event table: a row is stamped when its span ended. */
function snowflake(row: Fields): Fields | null {
  const ids = fieldsIn(row.TRACE)
  const record = fieldsIn(row.RECORD)
  const isSpan = row.RECORD_TYPE === 'SPAN'
  if (ids.trace_id === undefined || (!isSpan && row.RECORD_TYPE !== 'SPAN_EVENT')) return null
  const attributes = fieldsIn(row.RECORD_ATTRIBUTES)
  const named = { traceId: ids.trace_id, spanId: ids.span_id, name: record.name, attributes }
  if (!isSpan) return { ...named, timestamp: row.TIMESTAMP, body: null }
  return {
    ...named,
    parentSpanId: record.parent_span_id,
    start_time: row.START_TIMESTAMP,
    end_time: row.TIMESTAMP,
    status: isFields(record.status) ? record.status : null,
  }
}

/** The console exporter of Node: an id, and microseconds. */
function nodeConsole(row: Fields): Fields | null {
  if (typeof row.id !== 'string' || row.traceId === undefined || numberOf(row.duration) === null) return null
  const start = nanosOf(row.timestamp)
  const scope = field(row, 'instrumentationScope', 'instrumentationLibrary')
  return { ...row, spanId: row.id, start_time: start, end_time: after(start, row.duration, 1000), scope }
}

const STORES: readonly Renaming[] = [
  appInsights,
  clickhouse,
  columnsBeside,
  phoenixTable,
  elastic,
  snowflake,
  nodeConsole,
]

/** The row under OpenTelemetry's names; null: it is of none of these stores. */
export function renamedRow(row: Fields): Fields | null {
  for (const renamed of STORES) {
    const found = renamed(row)
    if (found !== null) return found
  }
  return null
}
