/** Many small values as bytes of a fixed width: a fraction of what as many objects take. */
import type { Series } from '../statistics/series.ts'
import type { Column } from './columns.ts'

/** Values of a block: a long list grows without ever being copied. A power of two, so that shifts find a place. */
const SHIFT = 10
const BLOCK = 1 << SHIFT
const WITHIN = BLOCK - 1
/** From so many blocks on room is made for many at once: what lives long lies in large pieces, and no hole between what passes by. */
const FEW_BLOCKS = 16
const LARGE_BYTES = 1024 * 1024

/** Values by index. What is read is a copy. */
export class ByteList<T> implements Series<T> {
  readonly #column: Column<T>
  readonly #blocks: DataView[] = []
  #length = 0

  constructor(column: Column<T>) {
    this.#column = column
  }

  /** Bytes that a list of so many values takes. */
  static bytes(column: Column<unknown>, length: number): number {
    return Math.ceil(length / BLOCK) * BLOCK * column.bytes
  }

  /** The list that `toJSON` was made of. */
  static parse<T>(column: Column<T>, { length, bytes }: ReturnType<ByteList<T>['toJSON']>): ByteList<T> {
    const list = new ByteList(column)
    const size = BLOCK * column.bytes
    const all = Buffer.alloc(ByteList.bytes(column, length))
    all.write(bytes, 'base64')
    list.#length = length
    for (let at = 0; at < all.length; at += size) list.#blocks.push(new DataView(all.buffer, all.byteOffset + at, size))
    return list
  }

  get length(): number {
    return this.#length
  }

  /** Forgets all, and keeps the room for as many. */
  clear(): void {
    this.#length = 0
  }

  add(value: T): void {
    if (this.#blocks.length * BLOCK === this.#length) this.#makeRoom()
    this.#length++
    this.set(this.#length - 1, value)
  }

  #makeRoom(): void {
    const size = BLOCK * this.#column.bytes
    const blocks = this.#blocks.length < FEW_BLOCKS ? 1 : Math.ceil(LARGE_BYTES / size)
    const room = new ArrayBuffer(blocks * size)
    for (let at = 0; at < room.byteLength; at += size) this.#blocks.push(new DataView(room, at, size))
  }

  /** Replaces the value at an index of the list. */
  set(index: number, value: T): void {
    this.#column.write(this.#blocks[index >>> SHIFT]!, (index & WITHIN) * this.#column.bytes, value)
  }

  at(index: number): T | undefined {
    if (!(index >= 0 && index < this.#length)) return undefined
    return this.#column.read(this.#blocks[index >>> SHIFT]!, (index & WITHIN) * this.#column.bytes)
  }

  /** One field of the records of a list. */
  field<N extends keyof T>(name: N): (index: number) => T[N] {
    const { column, offset } = this.#column.field!(name)
    const { bytes } = this.#column
    const blocks = this.#blocks
    return (index) => column.read(blocks[index >>> SHIFT]!, (index & WITHIN) * bytes + offset)
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i++) yield this.at(i)!
  }

  /** As one value of a message. */
  toJSON(): { readonly length: number; readonly bytes: string } {
    const blocks = this.#blocks.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    const all = Buffer.concat(blocks, this.#length * this.#column.bytes)
    return { length: this.#length, bytes: all.toString('base64') }
  }
}
