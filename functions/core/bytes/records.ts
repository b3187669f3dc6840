/** Bytes put aside as records: in memory as far as they fit, beyond that on a disk. */

/** Where the bytes go that memory does not hold; nobody else uses it. */
export interface Disk {
  /** Writes all bytes from a position on. */
  write(bytes: Uint8Array, at: number): void
  /** Fills all bytes from a position on. Throws when so many were never written there. */
  read(bytes: Uint8Array, at: number): void
}

/** Bytes that are written and read at once. */
const BLOCK = 64 * 1024
/** Blocks of the disk that stay in memory after they were written or read: a search reads on in a few places at once. */
const AT_HAND = 64
/** Bytes before a record that say how long it is. */
const LENGTH = 4
/** The most that a character takes in UTF-8. */
const BYTES_A_CHAR = 3

/** Records that are only ever added, and read again by where they stand or in their order. */
export class Records {
  readonly #disk: Disk | null
  /** Blocks from the beginning that stay in memory: what is small never waits for a disk. */
  readonly #staying: number
  /** Blocks by number, as far as they are in memory. */
  readonly #blocks: (Buffer | undefined)[] = []
  /** Numbers of those that are in memory for a while, the oldest first. */
  readonly #passing: number[] = []
  readonly #prefix = Buffer.alloc(LENGTH)
  /** Where a record is put together that lies in two blocks: made anew for each, they are megabytes that V8 finds out late to be gone. */
  #across: Buffer | null = null
  #end = 0
  #count = 0

  /** @param inMemory bytes from the beginning that stay in memory; without a disk all do */
  constructor(disk: Disk | null = null, inMemory = 0) {
    this.#disk = disk
    this.#staying = disk ? Math.floor(inMemory / BLOCK) : Number.POSITIVE_INFINITY
  }

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  /** Position of what will be added next. */
  get end(): number {
    return this.#end
  }

  /** Position of what was added. */
  append(record: Uint8Array | string): number {
    const position = this.#end
    if (typeof record === 'string' && this.#write(record)) return position
    const bytes = typeof record === 'string' ? Buffer.from(record) : record
    this.#prefix.writeUInt32LE(bytes.length)
    this.#add(this.#prefix)
    this.#add(bytes)
    this.#count++
    return position
  }

  /** The record at a position: a view, good until the next call. */
  read(position: number): Buffer {
    const at = position % BLOCK
    const prefix =
      at + LENGTH <= BLOCK ? this.#block(position).readUInt32LE(at) : this.#read(position, LENGTH).readUInt32LE()
    return this.#read(position + LENGTH, prefix)
  }

  /** Every record in order, as text. */
  *texts(): Generator<string> {
    for (const record of this.from(0)) yield record.toString()
  }

  /** Records from a position on, in order: views, each good until the next. */
  *from(position: number): Generator<Buffer> {
    for (let at = position; at < this.#end; ) {
      const record = this.read(at)
      at += LENGTH + record.length
      yield record
    }
  }

  /** Adds a text without a copy of its bytes; false: it may not fit into the block that has begun. */
  #write(text: string): boolean {
    const at = this.#end % BLOCK
    if (at === 0 || at + LENGTH + text.length * BYTES_A_CHAR > BLOCK) return false
    const block = this.#blocks.at(-1)!
    const bytes = block.write(text, at + LENGTH)
    block.writeUInt32LE(bytes, at)
    this.#end += LENGTH + bytes
    this.#count++
    return true
  }

  #add(bytes: Uint8Array): void {
    for (let sent = 0; sent < bytes.length; ) {
      const at = this.#end % BLOCK
      if (at === 0) this.#begin()
      const part = bytes.subarray(sent, sent + BLOCK - at)
      this.#blocks.at(-1)!.set(part, at)
      sent += part.length
      this.#end += part.length
    }
  }

  /** Begins a block; the one before it goes to the disk, unless it stays. */
  #begin(): void {
    const full = this.#blocks.length - 1
    if (full >= this.#staying) {
      this.#disk!.write(this.#blocks[full]!, full * BLOCK)
      this.#passing.push(full)
    }
    this.#blocks.push(full + 1 < this.#staying ? Buffer.allocUnsafe(BLOCK) : this.#room())
  }

  /** Room for a block, that of the oldest one where there are enough. */
  #room(): Buffer {
    if (this.#passing.length < AT_HAND) return Buffer.allocUnsafe(BLOCK)
    const oldest = this.#passing.shift()!
    const room = this.#blocks[oldest]!
    this.#blocks[oldest] = undefined
    return room
  }

  #read(position: number, length: number): Buffer {
    const at = position % BLOCK
    if (at + length <= BLOCK) return this.#block(position).subarray(at, at + length)
    if (length <= BLOCK) this.#across ??= Buffer.allocUnsafe(BLOCK)
    const whole = length <= BLOCK ? this.#across!.subarray(0, length) : Buffer.allocUnsafe(length)
    for (let read = 0; read < length; )
      read += this.#block(position + read).copy(whole, read, (position + read) % BLOCK)
    return whole
  }

  /** The block that a position lies in. */
  #block(position: number): Buffer {
    const number = Math.floor(position / BLOCK)
    const known = this.#blocks[number]
    if (known) return known
    const block = this.#room()
    this.#disk!.read(block, number * BLOCK)
    this.#passing.push(number)
    this.#blocks[number] = block
    return block
  }
}
