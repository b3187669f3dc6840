/**
 * Lines as the bytes that they will be, one behind the other: as texts, and as a copy of each, they are two thirds of what an
 * import forgets. What is made of them for a file may be held the same way.
 */

const NEWLINE = 10
/** The most that a character takes in UTF-8. */
const BYTES_A_CHAR = 3

export class HeldLines {
  readonly #least: number
  #held: Buffer
  #end = 0

  /** @param least bytes that there is room for from the beginning */
  constructor(least: number) {
    this.#least = least
    this.#held = Buffer.allocUnsafe(least)
  }

  /** A view, good until the next line. */
  get bytes(): Uint8Array {
    return this.#held.subarray(0, this.#end)
  }

  add(line: Uint8Array | string): void {
    if (typeof line === 'string') {
      this.#makeRoom(BYTES_A_CHAR * line.length)
      this.#end += this.#held.write(line, this.#end)
    } else this.append(line)
    this.#makeRoom(1)
    this.#held[this.#end++] = NEWLINE
  }

  /** Adds bytes that are no line. */
  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#held.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Makes room for others; what one large line took is let go. */
  clear(): void {
    if (this.#held.length > this.#least) this.#held = Buffer.allocUnsafe(this.#least)
    this.#end = 0
  }

  #makeRoom(bytes: number): void {
    const end = this.#end + bytes
    if (end > this.#held.length) this.#held = Buffer.concat([this.bytes], 2 * end)
  }
}
