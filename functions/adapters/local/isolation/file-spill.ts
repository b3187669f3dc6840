/**
 * A spill on the one file that a restricted process was handed open: it has no name any more, and the process may open no
 * other. The beginning stays in memory, so that a small search never waits for a disk.
 */
import { readSync, writeSync } from 'node:fs'
import { MemorySpill, type Spill } from '#core/search/spill.ts'

/** Bytes that stay in memory. */
const IN_MEMORY = 48 * 1024 * 1024
/** Bytes that are written at once. */
const BLOCK = 256 * 1024
/** Positions from here on are those of the file; the memory's own are smaller. */
const ON_DISK = 2 ** 52

export class FileSpill implements Spill {
  readonly #file: number
  readonly #inMemory: number
  readonly #memory = new MemorySpill()
  #held = 0
  /** What is not written yet stands behind so many bytes that are. */
  #written = 0
  readonly #block = Buffer.allocUnsafe(BLOCK)
  #filled = 0
  #row = Buffer.allocUnsafe(BLOCK)

  /** `file`: an open, empty file that nobody else uses. */
  constructor(file: number, inMemory = IN_MEMORY) {
    this.#file = file
    this.#inMemory = inMemory
  }

  append(bytes: Uint8Array): number {
    if (this.#held + bytes.length <= this.#inMemory) {
      this.#held += bytes.length
      return this.#memory.append(bytes)
    }
    // The memory is full for good, or a later, smaller one would stand before an earlier.
    this.#held = this.#inMemory
    if (this.#filled + bytes.length > BLOCK) this.#flush()
    const position = this.#written + this.#filled
    if (bytes.length > BLOCK) this.#write(bytes)
    else {
      this.#block.set(bytes, this.#filled)
      this.#filled += bytes.length
    }
    return ON_DISK + position
  }

  read(position: number, length: number): Buffer {
    if (position < ON_DISK) return this.#memory.read(position, length)
    const at = position - ON_DISK
    if (at >= this.#written) return this.#block.subarray(at - this.#written, at - this.#written + length)
    if (length > this.#row.length) this.#row = Buffer.allocUnsafe(length)
    for (let read = 0; read < length; ) {
      const more = readSync(this.#file, this.#row, read, length - read, at + read)
      if (more === 0) throw new Error('the file that a search puts its cases aside in was cut short')
      read += more
    }
    return this.#row.subarray(0, length)
  }

  #flush(): void {
    this.#write(this.#block.subarray(0, this.#filled))
    this.#filled = 0
  }

  #write(bytes: Uint8Array): void {
    for (let sent = 0; sent < bytes.length; )
      sent += writeSync(this.#file, bytes, sent, bytes.length - sent, this.#written + sent)
    this.#written += bytes.length
  }
}
