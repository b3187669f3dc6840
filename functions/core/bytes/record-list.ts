/** Values of any size by index, each a record. */
import type { Series } from '../statistics/series.ts'
import { ByteList } from './byte-list.ts'
import { number } from './columns.ts'
import type { Records } from './records.ts'

/** How a value lies in a record. */
export interface Form<T> {
  write(value: T): Uint8Array | string
  /** `record`: a view, gone with the next one that is read. */
  read(record: Buffer): T
  /** One field of it, where reading that alone is cheaper. */
  field?<N extends keyof T>(name: N): (record: Buffer) => T[N]
}

/** Texts as they are. */
export const TEXT: Form<string> = { write: (text) => text, read: (record) => record.toString() }

/** Values in the order in which they were added. What is read is made anew. */
export class RecordList<T> implements Series<T> {
  readonly #records: Records
  readonly #form: Form<T>
  readonly #positions = new ByteList(number)

  constructor(records: Records, form: Form<T>) {
    this.#records = records
    this.#form = form
  }

  get length(): number {
    return this.#positions.length
  }

  add(value: T): void {
    this.#positions.add(this.#records.append(this.#form.write(value)))
  }

  at(index: number): T | undefined {
    const position = this.#positions.at(index)
    return position === undefined ? undefined : this.#form.read(this.#records.read(position))
  }

  field<N extends keyof T>(name: N): (index: number) => T[N] {
    const read = this.#form.field?.(name) ?? ((record: Buffer) => this.#form.read(record)[name])
    return (index) => read(this.#records.read(this.#positions.at(index)!))
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }
}
