/** A file that a person names: opened only if it is a regular one, or the standard input, and never read further than it may be. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** Descriptor of the standard input. */
export const STDIN = 0
const BLOCK = 64 * 1024
const EMPTY_PIPE_MS = 10

/** Why a file is not read, in words that follow its name. */
export class NotAFile extends Error {
  readonly code = 'ENOTFILE'
}

const isStdin = (file: string): boolean => file === '-' || file === '/dev/stdin'

/**
 * Descriptor of a file for reading; `-` is the standard input. Asking never waits: a named pipe without a writer would.
 *
 * @throws NotAFile for a folder, pipe, device or socket; the file system's error otherwise
 */
export function openInput(file: string): number {
  if (isStdin(file)) return STDIN
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  const stat = fstatSync(descriptor)
  if (stat.isFile()) return descriptor
  closeSync(descriptor)
  throw new NotAFile(
    stat.isDirectory() ? 'is a folder; name a file' : 'is a pipe or device; name a file, or give it as "-" on stdin',
  )
}

/**
 * The bytes of a file.
 *
 * @throws as `openInput`, and NotAFile for one that is longer, as soon as that is seen
 */
export function readInputBytes(file: string, most: number): Buffer {
  const descriptor = openInput(file)
  const blocks: Buffer[] = []
  let bytes = 0
  try {
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK)
      const read = readWaiting(descriptor, block)
      if (read === 0) return Buffer.concat(blocks)
      bytes += read
      if (bytes > most)
        throw new NotAFile(`has more than ${most} bytes; a document of this kind has at most ${most / 1024 / 1024} MiB`)
      blocks.push(block.subarray(0, read))
    }
  } finally {
    if (descriptor !== STDIN) closeSync(descriptor)
  }
}

/** Reads what there is. A standard input that its writer made one that does not wait is asked again until it has something. */
function readWaiting(descriptor: number, block: Buffer): number {
  for (;;)
    try {
      return readSync(descriptor, block)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EMPTY_PIPE_MS)
    }
}
