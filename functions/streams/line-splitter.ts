/** Cuts a stream of chunks into lines. Bytes in, bytes out: decoding is the caller's, once per line. */

const NEWLINE = 10

/** Feed chunks with `push`, and ask `rest` for what follows the last newline. Lines carry no newline. */
export class LineSplitter {
  #parts: Buffer[] = []
  #pendingBytes = 0

  /** Bytes of the line that has begun and not ended: the caller's means of refusing an endless one. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** @returns the lines that this chunk completes */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end))
      start = end + 1
      yield this.rest()
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** @returns the unfinished line, and forgets it */
  rest(): Buffer {
    const line = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#pendingBytes = 0
    return line
  }

  #keep(part: Buffer): void {
    this.#parts.push(part)
    this.#pendingBytes += part.length
  }
}
