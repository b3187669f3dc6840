/** What a file holds, by its first bytes: never by its name. */
import { isUtf8 } from 'node:buffer'
import type { ImportError } from '../import/import-error.ts'
import { delimiterOf } from './csv-rows.ts'
import { isLog } from './log-lines.ts'
import { RESOURCES } from './otlp-rows.ts'
import { AS_UTF8, type Source } from './source.ts'

export type Carrier = 'zip' | 'parquet' | 'protobuf' | 'protobuf with lengths' | 'json' | 'log' | 'csv'

const NAME_ONE = 'Name a file of records'

/** What people hand over that is no file of records, by its first bytes, and what they do then. */
const UNPACK = 'Unpack it, and import the files'
const OTHERS = [
  { magic: /^(\xff\xfe|\xfe\xff|[[{]\0|\0[[{]\0[\s"[{])/, what: 'text in UTF-16', todo: AS_UTF8 },
  { magic: /^SQLite format 3\0/, what: 'a SQLite database', todo: 'Export its table as CSV or JSON lines' },
  { magic: /^\xfd7zXZ\0/, what: 'an xz archive', todo: UNPACK },
  { magic: /^BZh[1-9]1AY/, what: 'a bzip2 archive', todo: UNPACK },
  { magic: /^7z\xbc\xaf/, what: 'a 7z archive', todo: UNPACK },
  { magic: /^Rar![^ -~]/, what: 'a rar archive', todo: UNPACK },
  { magic: /^.{257}ustar/s, what: 'a tar archive', todo: UNPACK },
  { magic: /^%PDF-/, what: 'a PDF file', todo: 'Export the records as JSON or CSV' },
  {
    magic: /^(Obj.{1,12}avro\.|ORC[^\s -~])/s,
    what: 'an Avro or ORC file',
    todo: 'Export the records as parquet, JSON or CSV',
  },
  {
    magic: /^(\xef\xbb\xbf)?\s*<(!doctype html|html)/i,
    what: 'a web page, perhaps one to sign in at',
    todo: 'Fetch the export itself',
  },
] as const

/** Bytes that are looked at. */
export const SNIFFED_BYTES = 64 * 1024

/** @throws ImportError: nothing, or nothing that records come in */
export function carrierOf(source: Source, head: Buffer): Carrier {
  if (head.length === 0) throw source.refuse('the file is empty', NAME_ONE, null)
  const fromEnd = readFromEnd(head)
  if (fromEnd !== null) return fromEnd
  const other = OTHERS.find(({ magic }) => magic.test(head.toString('latin1', 0, 512)))
  if (other) throw source.refuse(`this is ${other.what}`, other.todo, null)
  const text = head.toString('utf8').replace(/^\ufeff/, '')
  const binary = hasControls(head) || !isUtf8Head(head)
  if (binary && isRequest(head, 0)) return 'protobuf'
  if (binary && isRequest(head, 4)) return 'protobuf with lengths'
  if (/^\s*[{[]/.test(text)) return 'json' // its reader says where it is no text
  if (hasControls(head)) throw unknown(source, 'no text, and nothing else that records come in')
  if (binary) throw source.refuse('the text is not valid UTF-8', AS_UTF8, null)
  if (!/\S/.test(text)) throw source.refuse('the file begins with nothing but white space', NAME_ONE, null)
  if (isLog(text)) return 'log'
  if (text.split('\n', 1)[0]!.includes(delimiterOf(head))) return 'csv'
  throw unknown(source, `a text that begins with ${JSON.stringify(text.trimStart().slice(0, 20))}, which is no record`)
}

/** Of the carriers that are read from their end, the one that the first four bytes name. */
export function readFromEnd(head: Buffer): 'zip' | 'parquet' | null {
  const magic = head.toString('latin1', 0, 4)
  if (magic === 'PK\x03\x04' || magic === 'PK\x05\x06') return 'zip'
  return magic === 'PAR1' ? 'parquet' : null
}

function unknown(source: Source, what: string): ImportError {
  const todo = 'Give JSON, JSON lines, CSV, parquet, OTLP protobuf, or a zip, gzip or zstd of them'
  return source.refuse(`this is ${what}`, todo, null)
}

/** Whether it holds control characters that no text has. */
const hasControls = (head: Buffer): boolean =>
  head.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b))

/** A character that the head cuts at its end does not count. */
const isUtf8Head = (head: Buffer): boolean =>
  [0, 1, 2, 3].some((cut) => cut <= head.length && isUtf8(head.subarray(0, head.length - cut)))

/** Whether a request of OTLP begins at `at`: resources, a length, and one of the three fields of a resource. */
function isRequest(head: Buffer, at: number): boolean {
  if (head[at] !== RESOURCES) return false
  let next = at + 1
  while (next < at + 6 && (head[next] ?? 0) >= 0x80) next++
  return [0x0a, 0x12, 0x1a].includes(head[next + 1] ?? 0)
}
