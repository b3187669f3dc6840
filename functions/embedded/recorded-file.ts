/** The file of runs that a recorder made: a line is on the disk before the next case begins, and a torn one is cut off. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

export interface RecordedFile {
  /** What earlier commands left, a line each. */
  readonly lines: readonly string[]
  /** Adds a line, and waits for the disk. */
  add(line: string): void
  close(): void
}

/** Opens it, and makes it where there is none. A last line without its end was written by a command that was killed. */
export function recordedFile(path: string): RecordedFile {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  const whole = bytes.lastIndexOf(10) + 1
  const file = openSync(path, 'a', 0o600)
  if (whole < bytes.length) ftruncateSync(file, whole)
  return {
    lines: bytes.subarray(0, whole).toString().split('\n').slice(0, -1),
    add(line) {
      const text = Buffer.from(`${line}\n`)
      for (let written = 0; written < text.length; ) written += writeSync(file, text, written)
      fsyncSync(file)
    },
    close: () => closeSync(file),
  }
}
