/** Rows of Azure Application Insights: OpenTelemetry's spans and log records under the names of its tables, old and new. */
import { nanosOf } from './ids.ts'
import { type Fields, field, fieldsIn, numberOf } from './values.ts'

/**
 * The row under OpenTelemetry's names; null: it is none of these. Requests and dependencies are spans; what they logged (traces) says of
 * which span by its parent.
 */
export function renamedRow(row: Fields): Fields | null {
  const traceId = field(row, 'operation_Id', 'OperationId')
  if (traceId === null) return null
  const attributes = fieldsIn(field(row, 'customDimensions', 'Properties'))
  const parent = field(row, 'operation_ParentId', 'ParentId')
  const time = field(row, 'timestamp', 'TimeGenerated')
  const spanId = field(row, 'id', 'Id')
  const ms = numberOf(field(row, 'duration', 'DurationMs'))
  if (spanId === null || ms === null) {
    const message = field(row, 'message', 'Message')
    return {
      traceId,
      spanId: parent,
      timestamp: time,
      name: attributes['event.name'] ?? message,
      body: message,
      attributes,
    }
  }
  const start = nanosOf(time)
  return {
    traceId,
    spanId,
    // The first of a trace has the trace itself as its parent.
    parentSpanId: parent === traceId ? null : parent,
    name: field(row, 'name', 'Name'),
    start_time: start,
    end_time: start === null ? null : String(BigInt(start) + BigInt(Math.round(ms * 1e6))),
    status: /^false$/i.test(String(field(row, 'success', 'Success'))) ? 'error' : null,
    attributes,
  }
}
