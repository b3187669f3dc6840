/** Lines of a text, each of them checked: UTF-8, no NUL byte, no longer than it may be. Knows bytes and lines, not JSON. */
import { isUtf8 } from 'node:buffer'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import type { Bytes } from './bytes.ts'
import { AS_UTF8, type Source } from './source.ts'

export interface TextLine {
  /** From 1, empty lines counted. */
  readonly line: number
  readonly text: string
}

/** Empty lines in a row after which a file is taken for none of records: a disk image, a flood. */
const MAX_EMPTY_LINES = 10_000

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The lines that are not empty, as many at once as a chunk of bytes completes. A byte order mark is accepted.
 *
 * @throws ImportError of the line: over `maxBytes` (refused as soon as it is seen, not after it was read), empty lines
 *   without end, invalid UTF-8, a NUL byte
 */
export async function* textLines(
  source: Source,
  bytes: Bytes,
  maxBytes: number,
): AsyncGenerator<readonly TextLine[], void, undefined> {
  const splitter = new LineSplitter()
  let line = 0
  let empty = 0
  const at = (number: number) => {
    source.at = `line ${number}`
  }
  const refuseLong = () =>
    source.refuse(`the line is longer than ${maxBytes} bytes`, 'Split the record, or leave out what no map reads')

  const keep = (raw: Buffer, lines: TextLine[]) => {
    line++
    at(line)
    if (raw.length > maxBytes) throw refuseLong()
    const marked = line === 1 && raw.subarray(0, 3).equals(BYTE_ORDER_MARK)
    const text = decoded(source, marked ? raw.subarray(3) : raw, 'the line')
    empty = /\S/.test(text) ? 0 : empty + 1
    if (empty > MAX_EMPTY_LINES)
      throw source.refuse(`more than ${MAX_EMPTY_LINES} empty lines in a row`, 'Name a file of JSON lines')
    if (empty === 0) lines.push({ line, text })
  }

  at(1)
  for await (const chunk of bytes) {
    const lines: TextLine[] = []
    try {
      for (const raw of splitter.push(chunk)) keep(raw, lines)
      at(line + 1)
      if (splitter.pendingBytes > maxBytes) throw refuseLong()
    } finally {
      if (lines.length > 0) yield lines // also those before the one that is refused
    }
  }
  const last: TextLine[] = []
  keep(splitter.rest(), last)
  if (last.length > 0) yield last
}

/** The text of bytes; an ImportError says why `what` is none. */
export function decoded(source: Source, raw: Buffer, what: string): string {
  if (raw.includes(0)) throw source.refuse(`${what} holds a NUL byte`, AS_UTF8)
  if (!isUtf8(raw)) throw source.refuse(`${what} is not valid UTF-8`, AS_UTF8)
  return raw.toString('utf8')
}
