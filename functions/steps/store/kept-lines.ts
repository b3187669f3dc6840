/** Lines of a file that is still to be written: put aside as they come, counted and digested on the way. */
import { createHash } from 'node:crypto'
import type { Lines, Scratch } from '../../ports.ts'

export class KeptLines {
  readonly #scratch: Scratch
  readonly #hash = createHash('sha256')
  #count = 0

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  get count(): number {
    return this.#count
  }

  /** Digest of the file that these lines make. */
  get digest(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`
  }

  add(line: string): void {
    this.#scratch.add(line)
    this.#hash.update(line).update('\n')
    this.#count++
  }

  /** The same lines, each put aside as it passes. */
  async *through(lines: Lines): AsyncGenerator<string> {
    for await (const line of lines) {
      this.add(line)
      yield line
    }
  }

  /** Puts all of them aside. */
  async all(lines: Lines): Promise<void> {
    for await (const line of lines) this.add(line)
  }

  lines(): Iterable<string> {
    return this.#scratch.lines()
  }
}
