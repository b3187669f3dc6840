/**
 * The messages of OTLP that carry spans and log records, by field number: opentelemetry-proto 1.9, `trace.proto`, `logs.proto`,
 * `common.proto` and `resource.proto`. Names are those of OTLP/JSON. Enums are numbers, as there.
 */

const one = (id: number, type: string) => ({ id, type })
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' })
const attributes = (id: number) => ({
  attributes: many(id, 'KeyValue'),
  droppedAttributesCount: one(id + 1, 'uint32'),
})

/** A list of what has something in common: what that is, and the schema by which it is said. */
const listOf = (common: object, content: string, type: string) => ({
  fields: { ...common, [content]: many(2, type), schemaUrl: one(3, 'string') },
})
const ofResource = { resource: one(1, 'Resource') }
const ofScope = { scope: one(1, 'InstrumentationScope') }

const VALUES = {
  stringValue: one(1, 'string'),
  boolValue: one(2, 'bool'),
  intValue: one(3, 'int64'),
  doubleValue: one(4, 'double'),
  arrayValue: one(5, 'ArrayValue'),
  kvlistValue: one(6, 'KeyValueList'),
  bytesValue: one(7, 'bytes'),
}

export const OTLP = {
  nested: {
    ResourceSpans: listOf(ofResource, 'scopeSpans', 'ScopeSpans'),
    ScopeSpans: listOf(ofScope, 'spans', 'Span'),
    Span: {
      fields: {
        traceId: one(1, 'bytes'),
        spanId: one(2, 'bytes'),
        traceState: one(3, 'string'),
        parentSpanId: one(4, 'bytes'),
        name: one(5, 'string'),
        kind: one(6, 'int32'),
        startTimeUnixNano: one(7, 'fixed64'),
        endTimeUnixNano: one(8, 'fixed64'),
        ...attributes(9),
        events: many(11, 'Event'),
        droppedEventsCount: one(12, 'uint32'),
        links: many(13, 'Link'),
        droppedLinksCount: one(14, 'uint32'),
        status: one(15, 'Status'),
        flags: one(16, 'fixed32'),
      },
    },
    Event: { fields: { timeUnixNano: one(1, 'fixed64'), name: one(2, 'string'), ...attributes(3) } },
    Link: {
      fields: {
        traceId: one(1, 'bytes'),
        spanId: one(2, 'bytes'),
        traceState: one(3, 'string'),
        ...attributes(4),
        flags: one(6, 'fixed32'),
      },
    },
    Status: { fields: { message: one(2, 'string'), code: one(3, 'int32') } },
    ResourceLogs: listOf(ofResource, 'scopeLogs', 'ScopeLogs'),
    ScopeLogs: listOf(ofScope, 'logRecords', 'LogRecord'),
    LogRecord: {
      fields: {
        timeUnixNano: one(1, 'fixed64'),
        severityNumber: one(2, 'int32'),
        severityText: one(3, 'string'),
        body: one(5, 'AnyValue'),
        ...attributes(6),
        flags: one(8, 'fixed32'),
        traceId: one(9, 'bytes'),
        spanId: one(10, 'bytes'),
        observedTimeUnixNano: one(11, 'fixed64'),
        eventName: one(12, 'string'),
      },
    },
    Resource: { fields: attributes(1) },
    InstrumentationScope: { fields: { name: one(1, 'string'), version: one(2, 'string'), ...attributes(3) } },
    KeyValue: { fields: { key: one(1, 'string'), value: one(2, 'AnyValue') } },
    AnyValue: { fields: VALUES, oneofs: { value: { oneof: Object.keys(VALUES) } } },
    ArrayValue: { fields: { values: many(1, 'AnyValue') } },
    KeyValueList: { fields: { values: many(1, 'KeyValue') } },
  },
}
