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

export const OTLP = {
  nested: {
    ResourceSpans: {
      fields: { resource: one(1, 'Resource'), scopeSpans: many(2, 'ScopeSpans'), schemaUrl: one(3, 'string') },
    },
    ScopeSpans: {
      fields: { scope: one(1, 'InstrumentationScope'), spans: many(2, 'Span'), schemaUrl: one(3, 'string') },
    },
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
    ResourceLogs: {
      fields: { resource: one(1, 'Resource'), scopeLogs: many(2, 'ScopeLogs'), schemaUrl: one(3, 'string') },
    },
    ScopeLogs: {
      fields: { scope: one(1, 'InstrumentationScope'), logRecords: many(2, 'LogRecord'), schemaUrl: one(3, 'string') },
    },
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
    AnyValue: {
      fields: {
        stringValue: one(1, 'string'),
        boolValue: one(2, 'bool'),
        intValue: one(3, 'int64'),
        doubleValue: one(4, 'double'),
        arrayValue: one(5, 'ArrayValue'),
        kvlistValue: one(6, 'KeyValueList'),
        bytesValue: one(7, 'bytes'),
      },
      oneofs: {
        value: {
          oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
        },
      },
    },
    ArrayValue: { fields: { values: many(1, 'AnyValue') } },
    KeyValueList: { fields: { values: many(1, 'KeyValue') } },
  },
}
