/** Rows of a log as CloudWatch exports and tails it, or a container's runtime keeps it: on every line a time, perhaps the name of a stream, and JSON. */
import type { Bytes } from './bytes.ts'
import { jsonValue } from './json-value.ts'
import type { Row, Source } from './source.ts'
import { textLines } from './text-lines.ts'

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*)\s+(?:([^\s{[]\S*)\s+(?:F\s+)?)?(\{.*\})\s*$/s
const TIMED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*\s/

/** Whether a text begins as a log does. */
export const isLog = (text: string): boolean => TIMED.test(text)

/**
 * A line whose message is no JSON object, such as a report of Lambda, comes as `{"message": TEXT}`.
 *
 * @throws ImportError also where no line holds a record
 */
export async function* logLineRows(
  source: Source,
  bytes: Bytes,
  maxBytes: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  let records = 0
  for await (const lines of textLines(source, bytes, maxBytes)) {
    const rows: Row[] = []
    for (const { line, text } of lines) {
      source.at = `line ${line}`
      const found = LINE.exec(text)
      if (found === null) {
        rows.push(source.row(source.at, { message: text }, text.length))
        continue
      }
      records++
      const [, timestamp, stream, json] = found
      const around = stream === undefined ? { timestamp } : { timestamp, logStream: stream }
      rows.push({ ...source.row(source.at, jsonValue(source, json!, 'the message of the line'), text.length), around })
    }
    yield rows
  }
  if (records > 0) return
  throw source.refuse('no line of this log holds a JSON object', 'Export the log group that the records stand in', null)
}
