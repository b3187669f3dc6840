/** Rows of JSON: one record a line, or documents. Which of both a file holds, its first two lines say. */
import { type Bytes, withHead } from './bytes.ts'
import { documentRows } from './documents.ts'
import { jsonValue } from './json-value.ts'
import type { Row, Source } from './source.ts'
import { textLines } from './text-lines.ts'

/**
 * A file whose first line is a whole JSON value, and that goes on behind it, holds one record a line; every other one holds
 * documents, also a single one on a single line.
 */
export async function* jsonRows(
  source: Source,
  bytes: Bytes,
  maxBytes: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  const { head, all } = await withHead(bytes, (head) => head.length > maxBytes || firstLines(head, false).length === 2)
  const [first, second] = firstLines(head, true)
  yield* isLines(first, second) ? lineRows(source, all, maxBytes) : documentRows(source, all, maxBytes)
}

/** Also where the first line is damaged: its error is then one of a line, not of a document without end. */
function isLines(first: string | undefined, second: string | undefined): boolean {
  if (first === undefined || second === undefined) return false
  return isJson(first) || (!goesOn(first) && isJson(second))
}

/** Whether a line ends where a document goes on: at an open bracket, or behind a comma or colon. */
export const goesOn = (line: string): boolean => /[[{,:]\s*$/.test(line)

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

async function* lineRows(source: Source, bytes: Bytes, maxBytes: number) {
  for await (const lines of textLines(source, bytes, maxBytes)) {
    const rows: Row[] = []
    for (const { line, text } of lines) {
      source.at = `line ${line}`
      rows.push(source.row(source.at, jsonValue(source, text, 'the line'), text.length))
    }
    yield rows
  }
}

/** Up to two lines that are not empty; with `rest` also the one that has not ended. */
export function firstLines(head: Buffer, rest: boolean): string[] {
  const lines: string[] = []
  for (let from = 0; from < head.length && lines.length < 2; ) {
    const newline = head.indexOf(0x0a, from)
    if (newline < 0 && !rest) break
    const end = newline < 0 ? head.length : newline
    const line = head.toString('utf8', from, end).replace(/^\ufeff/, '')
    if (/\S/.test(line)) lines.push(line)
    from = end + 1
  }
  return lines
}
