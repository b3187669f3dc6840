/** The file of runs that a recorder made: a line is on the disk before the next case begins, and a torn one is cut off. */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { isFileThere } from '#adapters/local/files/regular-file.ts'
import { UserError } from '../errors.ts'

export interface RecordedFile {
  /** What earlier commands left, a line each. */
  readonly lines: readonly string[]
  /** Every line is known to be of this plan: only now a last one is given its end, or cut off where it is torn. */
  goOn(): void
  /** Adds a line, and waits for the disk. */
  add(line: string): void
  close(): void
}

/** What every line begins with: a run as it is written here. */
const BEGINS = '{"'

/**
 * Opens it, and makes it where there is none. A last line without its end was written by a command that was killed.
 * Throws UserError for a file that ends otherwise: it is somebody else's.
 */
export function recordedFile(path: string): RecordedFile {
  const bytes = isFileThere(path) ? readFileSync(path) : Buffer.alloc(0)
  const whole = bytes.lastIndexOf(10) + 1
  const last = bytes.subarray(whole).toString()
  if (!last.startsWith(BEGINS.slice(0, last.length)))
    throw new UserError(
      `${path} is no file of recorded runs, nothing in it was changed: name another one with --out, or move it away`,
    )
  const file = openSync(path, 'a', 0o600)
  return {
    lines: [...bytes.subarray(0, whole).toString().split('\n').slice(0, -1), ...(isWhole(last) ? [last] : [])],
    goOn() {
      if (isWhole(last)) writeSync(file, '\n')
      else if (last !== '') ftruncateSync(file, whole)
    },
    add(line) {
      const text = Buffer.from(`${line}\n`)
      for (let written = 0; written < text.length; ) written += writeSync(file, text, written)
      fsyncSync(file)
    },
    close: () => closeSync(file),
  }
}

/** Does it lack nothing but its end? */
function isWhole(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false
  }
}
