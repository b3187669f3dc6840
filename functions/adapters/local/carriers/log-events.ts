/** Events of CloudWatch, and lines of Docker's log: the record is JSON text in a field `message`, `@message` or `log`. */
import { type Fields, isFields } from '#core/traces/values.ts'
import { strictJson } from './json-value.ts'
import { type Row, Source } from './source.ts'

/** Fields of an event as the APIs of CloudWatch and Docker name them; an object with any other one beside its text is a record itself. */
const EVENT_FIELDS = new Set(
  'message timestamp ingestionTime eventId id logStreamName logGroupName logStream logGroup owner log stream time'.split(
    ' ',
  ),
)

/** The record in each event that the row holds; a row that holds none, as it is. */
export function withoutEvents(row: Row): readonly Row[] {
  const { value } = row
  if (!isFields(value)) return [row]
  const events = value.logEvents ?? value.events ?? value.results
  if (!Array.isArray(events) || events.length === 0) return [record(row, value) ?? row]
  const records = events.map((event, i) =>
    record(events.length === 1 ? row : { ...row, at: `${row.at}, event ${i + 1}` }, fieldsOf(event)),
  )
  return records.every((found) => found !== null) ? records : [row]
}

/** A row of Logs Insights is a list of `{field, value}`. */
function fieldsOf(event: unknown): Fields | null {
  if (!Array.isArray(event)) return typeof event === 'object' ? (event as Fields | null) : null
  return Object.fromEntries(event.map((cell: Fields | null) => [String(cell?.field), cell?.value]))
}

function record(row: Row, event: Fields | null): Row | null {
  if (event === null) return null
  const key = ['@message', 'message', 'log'].find((name) => name in event) ?? 'message'
  const text = event[key]
  if (typeof text !== 'string' || !/^\s*\{/.test(text)) return null
  if (key !== '@message' && !Object.keys(event).every((name) => EVENT_FIELDS.has(name))) return null
  const value = objectOf(row, text)
  if (value === null) return null
  const { [key]: _, ...around } = event
  return { file: row.file, at: row.at, value, chars: text.length, around }
}

function objectOf({ file, at }: Row, text: string): unknown {
  try {
    return strictJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null // text that only begins as an object does
    const todo = 'Mend it, or export the events again'
    throw new Source(file).refuse(`its message: ${(error as Error).message}`, todo, at)
  }
}
