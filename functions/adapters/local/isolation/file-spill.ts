/**
 * A spill on the one file that a restricted process was handed open: it has no name any more, and the process may open no
 * other. The beginning stays in memory, so that a small search never waits for a disk.
 */
import { readSync, writeSync } from 'node:fs'
import { MemorySpill, type Spill } from '#core/search/spill.ts'

/** Bytes that stay in memory. */
const IN_MEMORY = 48 * 1024 * 1024
/** Bytes that are written and read at once. */
const BLOCK = 64 * 1024
/** Blocks that were read last: a search reads on in a few places of the file at once. */
const CACHED_BLOCKS = 64
/** Positions from here on are those of the file; the memory's own are smaller. */
const ON_DISK = 2 ** 52

export class FileSpill implements Spill {
  readonly #file: number
  readonly #inMemory: number
  readonly #memory = new MemorySpill()
  #held = 0
  /** Blocks of the file that are written; the next one fills up. Nothing but a text of several blocks lies in two. */
  #written = 0
  #block = Buffer.alloc(BLOCK)
  #filled = 0
  readonly #cached = new Map<number, Buffer>()

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
    // Full for good: what still would fit must not stand before what did not.
    this.#held = this.#inMemory
    if (this.#filled + bytes.length > BLOCK) this.#flush()
    const position = ON_DISK + this.#written * BLOCK + this.#filled
    if (bytes.length > BLOCK) {
      const blocks = Math.ceil(bytes.length / BLOCK)
      this.#write(bytes)
      this.#written += blocks
    } else {
      this.#block.set(bytes, this.#filled)
      this.#filled += bytes.length
    }
    return position
  }

  read(position: number, length: number): Buffer {
    if (position < ON_DISK) return this.#memory.read(position, length)
    const number = Math.floor((position - ON_DISK) / BLOCK)
    const at = (position - ON_DISK) % BLOCK
    if (number === this.#written) return this.#block.subarray(at, at + length)
    if (at + length > BLOCK) return this.#readWhole(number, length)
    let block = this.#cached.get(number)
    if (!block) {
      const [oldest] = this.#cached.keys()
      const isFull = this.#cached.size === CACHED_BLOCKS
      block = isFull ? this.#cached.get(oldest!)! : Buffer.allocUnsafe(BLOCK)
      if (isFull) this.#cached.delete(oldest!)
      this.#readInto(block, number)
      this.#cached.set(number, block)
    }
    return block.subarray(at, at + length)
  }

  /** A text of several blocks. */
  #readWhole(number: number, length: number): Buffer {
    const text = Buffer.allocUnsafe(length)
    this.#readInto(text, number)
    return text
  }

  #readInto(bytes: Buffer, number: number): void {
    for (let read = 0; read < bytes.length; ) {
      const more = readSync(this.#file, bytes, read, bytes.length - read, number * BLOCK + read)
      if (more === 0) throw new Error('the file that a search puts its cases aside in was cut short')
      read += more
    }
  }

  #flush(): void {
    if (this.#filled === 0) return
    this.#write(this.#block)
    this.#written++
    this.#filled = 0
  }

  /** Writes from the next block on; the rest of its last block reads as zeroes. */
  #write(bytes: Uint8Array): void {
    const start = this.#written * BLOCK
    for (let sent = 0; sent < bytes.length; )
      sent += writeSync(this.#file, bytes, sent, bytes.length - sent, start + sent)
  }
}
