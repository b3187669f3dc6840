/** Bytes that come in pieces, put together when all of them are there. */

export class ByteParts {
  #parts: Buffer[] = []
  bytes = 0

  push(part: Buffer): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.bytes += part.length
  }

  take(): Buffer {
    const all = this.#all()
    this.#parts = []
    this.bytes = 0
    return all
  }

  text(): string {
    return this.#all().toString('utf8')
  }

  tail(length: number): string {
    const parts = this.#parts.slice(-length)
    return Buffer.concat(parts).subarray(-length).toString('latin1')
  }

  #all(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
  }
}
