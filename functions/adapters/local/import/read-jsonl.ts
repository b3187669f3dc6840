/** Streams the lines of a JSONL file, plain or `.gz`, in flat memory. Knows bytes and lines, not JSON. */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { openInput } from '../files/open-input.ts'
import { ImportError } from './import-error.ts'

export interface JsonLine {
  /** From 1, empty lines counted. */
  readonly line: number
  readonly text: string
}

/** Longest line accepted unless told otherwise: a hundred times the largest recorded run at hand. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

/** Empty lines in a row after which a file is taken for none of records: a disk image, a flood. */
const MAX_EMPTY_LINES = 10_000

const CHUNK_BYTES = 256 * 1024
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The lines of `file` in order; `-` is the standard input. A byte order mark is accepted; empty lines are skipped.
 *
 * @throws ImportError naming file and line, on: a missing or unreadable file, a directory, pipe or device, a line over `maxLineBytes`
 *   (refused as soon as it is seen, not after it was read), empty lines without end, truncated or corrupt gzip, invalid UTF-8, a NUL byte
 */
export async function* readJsonl(
  file: string,
  { maxLineBytes = MAX_LINE_BYTES }: { readonly maxLineBytes?: number } = {},
): AsyncGenerator<JsonLine, void, undefined> {
  const splitter = new LineSplitter()
  let line = 0
  const refuse = (problem: string, todo: string) => new ImportError({ file, line, field: null, problem, todo })

  const refuseLong = () =>
    refuse(`the line is longer than ${maxLineBytes} bytes`, 'Split the record, or leave out what no map reads')

  const decode = (bytes: Buffer): string => {
    if (bytes.length > maxLineBytes) throw refuseLong()
    if (bytes.includes(0)) throw refuse('the line holds a NUL byte', 'Export the file again as UTF-8 JSON lines')
    if (!isUtf8(bytes)) throw refuse('the line is not valid UTF-8', 'Export the file again as UTF-8 JSON lines')
    const marked = line === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)
    return bytes.toString('utf8', marked ? 3 : 0)
  }

  let empty = 0
  const isRecord = (text: string): boolean => {
    empty = /\S/.test(text) ? 0 : empty + 1
    if (empty > MAX_EMPTY_LINES)
      throw refuse(`more than ${MAX_EMPTY_LINES} empty lines in a row`, 'Name a file of JSON lines')
    return empty === 0
  }

  let fd: number
  try {
    fd = openInput(file)
  } catch (error) {
    throw unreadable(file, 1, error)
  }
  const source = createReadStream('', { fd, highWaterMark: CHUNK_BYTES })
  const stream = file.endsWith('.gz') ? source.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : source
  source.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const bytes of splitter.push(chunk)) {
        line++
        const text = decode(bytes)
        if (isRecord(text)) yield { line, text }
      }
      if (splitter.pendingBytes > maxLineBytes) {
        line++
        throw refuseLong()
      }
    }
    line++
    const text = decode(splitter.rest())
    if (/\S/.test(text)) yield { line, text }
  } catch (error) {
    throw error instanceof ImportError ? error : unreadable(file, line + 1, error)
  } finally {
    source.destroy()
  }
}

function unreadable(file: string, line: number, error: unknown): ImportError {
  const { code, message } = error as NodeJS.ErrnoException
  const whole = (problem: string, todo: string) => new ImportError({ file, line: null, field: null, problem, todo })
  const here = (problem: string, todo: string) => new ImportError({ file, line, field: null, problem, todo })
  switch (code) {
    case 'ENOTFILE':
      return message.includes('folder')
        ? whole('this is a directory', 'Name the files in it, e.g. DIR/*.jsonl')
        : whole('this is a pipe or device', 'Name a file, or give it as "-" on stdin')
    case 'ENOENT':
      return whole('there is no such file', 'Check the path')
    case 'EACCES':
    case 'EPERM':
      return whole('the file may not be read', 'Check its permissions')
    case 'Z_BUF_ERROR':
      return here('the gzip data ends too early: the file is truncated', 'Fetch or export the file again')
    case 'Z_DATA_ERROR':
      return here(`the gzip data is corrupt (${message})`, 'Fetch or export the file again; drop ".gz" if it is plain')
    default:
      return here(`the file cannot be read (${message})`, 'Check the file and the disk')
  }
}
