/** The bytes of an input as they were before they were compressed: gzip and zstd are known by their first bytes. */
import { createReadStream, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { STDIN } from '../files/open-input.ts'
import { passingDescriptor } from '../files/passing-file.ts'
import { ImportError } from '../import/import-error.ts'
import { AGAIN, type Source } from './source.ts'

export type Bytes = AsyncIterable<Buffer>

const CHUNK_BYTES = 256 * 1024
const GZIP = 0x8b1f
const ZSTD = 0xfd2fb528
/** A frame that is skipped, with which several compressors begin; its last four bits are free. */
const ZSTD_SKIPPED = 0x184d2a5
const MAGIC_BYTES = 4

/**
 * Bytes of an open descriptor which is closed when they were read or nobody wants more. The standard input is read by its
 * own stream: where whoever writes to it made it one that does not wait, the file system's would end with EAGAIN.
 */
export async function* descriptorBytes(descriptor: number): AsyncGenerator<Buffer, void, undefined> {
  yield* (
    descriptor === STDIN ? process.stdin : createReadStream('', { fd: descriptor, highWaterMark: CHUNK_BYTES })
  ) as Bytes
}

/** The same bytes, decompressed where they are compressed. */
export async function* plainBytes(bytes: Bytes): AsyncGenerator<Buffer, void, undefined> {
  const { head, all } = await withHead(bytes, (head) => head.length >= MAGIC_BYTES)
  const magic = head.length < MAGIC_BYTES ? 0 : head.readUInt32LE()
  if ((magic & 0xffff) === GZIP) yield* through(all, createGunzip({ chunkSize: CHUNK_BYTES }))
  else if (magic === ZSTD || magic >>> 4 === ZSTD_SKIPPED) yield* framedBytes(all)
  else yield* all
}

/** Frames of zstd, all of them: Node's decoder leaves what stands behind the last one, be it damaged or no frame, without a word. */
async function* framedBytes(bytes: Bytes): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createZstdDecompress({ chunkSize: CHUNK_BYTES })
  let given = 0
  const counted = async function* () {
    for await (const chunk of bytes) {
      given += chunk.length
      yield chunk
    }
  }
  yield* through(counted(), decoder)
  if (decoder.bytesWritten < given)
    throw Object.assign(new Error('what stands behind a frame is none'), { code: 'ZSTD_error_prefix_unknown' })
}

/** Bytes through a decoder of Node; an error of either end is thrown here. */
export async function* through(bytes: Bytes, decoder: Transform): AsyncGenerator<Buffer, void, undefined> {
  const source = Readable.from(bytes, { objectMode: false })
  pipeline(source, decoder, () => {}) // what goes wrong reaches the loop below
  try {
    yield* decoder as AsyncIterable<Buffer>
  } finally {
    source.destroy()
  }
}

/** Reads until `enough` is at hand or nothing follows; `all` gives everything from the start. */
export async function withHead(
  bytes: Bytes,
  enough: (head: Buffer) => boolean,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer, void, undefined> }> {
  const reader = bytes[Symbol.asyncIterator]()
  const parts: Buffer[] = []
  let head: Buffer = Buffer.alloc(0)
  while (!enough(head)) {
    const next = await reader.next()
    if (next.done) break
    parts.push(next.value)
    head = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }
  return { head, all: fromStart(parts, reader) }
}

async function* fromStart(parts: Buffer[], reader: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part
    for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value
  } finally {
    await reader.return?.()
  }
}

/** Puts bytes aside in a file without a name, for a carrier that is read from its end. */
export async function spooled(bytes: Bytes): Promise<{ readonly file: number; close(): void }> {
  const aside = passingDescriptor(tmpdir())
  try {
    for await (const chunk of bytes) for (let at = 0; at < chunk.length; ) at += writeSync(aside.file, chunk, at)
    return aside
  } catch (error) {
    aside.close()
    throw error
  }
}

/** What went wrong while bytes were read, in words: of the file as a whole, or at the place where its reader was. */
export function unreadable(source: Source, error: unknown): ImportError {
  if (error instanceof ImportError) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOTFILE':
      if (message.includes('folder'))
        return source.refuse('this is a directory', 'Name the files in it, e.g. DIR/*.jsonl', null)
      return source.refuse('this is a pipe or device', 'Name a file, or give it as "-" on stdin', null)
    case 'ENOENT':
      return source.refuse('there is no such file', 'Check the path', null)
    case 'EACCES':
    case 'EPERM':
      return source.refuse('the file may not be read', 'Check its permissions', null)
    case 'Z_BUF_ERROR':
      return source.refuse('the compressed data ends too early: the file is truncated', AGAIN)
    case 'Z_DATA_ERROR':
      return source.refuse(`the compressed data is corrupt (${message})`, AGAIN)
    default:
      if (code.startsWith('ZSTD_')) return source.refuse(`the compressed data is corrupt (${message})`, AGAIN)
      return source.refuse(`the file cannot be read (${message})`, 'Check the file and the disk')
  }
}
