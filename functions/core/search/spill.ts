/** Bytes that a search puts aside, so that what it holds stays the same however many cases there are. */

/** Bytes that are only ever added, and read again by where they stand. Nothing of them outlives the search. */
export interface Spill {
  /** Position of what was added, at least one byte. */
  append(bytes: Uint8Array): number
  /** So many bytes from a position on: a view, good until the next call. */
  read(position: number, length: number): Buffer
}

const CHUNK_BYTES = 1024 * 1024

/** A spill in memory: for small searches, and where there is no disk. */
export class MemorySpill implements Spill {
  readonly #chunks: Buffer[] = []
  #room = 0

  append(bytes: Uint8Array): number {
    if (bytes.length > this.#room) {
      // What does not fit begins a chunk of its own: nothing that was appended lies in two.
      const size = Math.max(CHUNK_BYTES, bytes.length)
      this.#chunks.push(Buffer.allocUnsafe(size))
      this.#room = size
    }
    const chunk = this.#chunks.at(-1)!
    const at = chunk.length - this.#room
    chunk.set(bytes, at)
    this.#room -= bytes.length
    return (this.#chunks.length - 1) * 2 ** 32 + at
  }

  read(position: number, length: number): Buffer {
    const at = position % 2 ** 32
    return this.#chunks[Math.floor(position / 2 ** 32)]!.subarray(at, at + length)
  }
}
