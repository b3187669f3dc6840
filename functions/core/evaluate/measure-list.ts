/** Measures of many cases as bytes: 49 a case, where an object takes some 150. */
import { BLOCK_SIZE, type Series } from '../statistics/series.ts'
import { type Measures, NOT_MEASURED } from './scorecard.ts'

/** Bytes of one case: a byte of flags and six amounts. */
export const MEASURE_BYTES = 49

/** Two bits a flag: not measured, false, true. */
const bitsOf = (flag: boolean | null): number => (flag === null ? 0 : flag ? 2 : 1)
const flagOf = (bits: number): boolean | null => ((bits & 3) === 0 ? null : (bits & 3) === 2)

/** Writes measures at a place of a view. No measure is NaN, which stands for `null`. */
export function writeMeasures(view: DataView, at: number, m: Measures): void {
  view.setUint8(
    at,
    bitsOf(m.policy_violation) |
      (bitsOf(m.safety_violation) << 2) |
      (bitsOf(m.approval_bypass) << 4) |
      (bitsOf(m.utility_passed) << 6),
  )
  view.setFloat64(at + 1, m.utility_score ?? Number.NaN)
  view.setFloat64(at + 9, m.latency_ms ?? Number.NaN)
  view.setFloat64(at + 17, m.economics_cents ?? Number.NaN)
  view.setFloat64(at + 25, m.economics_tokens ?? Number.NaN)
  view.setFloat64(at + 33, m.approval_waits ?? Number.NaN)
  view.setFloat64(at + 41, m.approval_actions ?? Number.NaN)
}

/** The measures that were written at a place. */
export function readMeasures(view: DataView, at: number): Measures {
  const flags = view.getUint8(at)
  return {
    policy_violation: flagOf(flags),
    safety_violation: flagOf(flags >> 2),
    approval_bypass: flagOf(flags >> 4),
    utility_passed: flagOf(flags >> 6),
    utility_score: amountOf(view, at + 1),
    latency_ms: amountOf(view, at + 9),
    economics_cents: amountOf(view, at + 17),
    economics_tokens: amountOf(view, at + 25),
    approval_waits: amountOf(view, at + 33),
    approval_actions: amountOf(view, at + 41),
  }
}

function amountOf(view: DataView, at: number): number | null {
  const amount = view.getFloat64(at)
  return Number.isNaN(amount) ? null : amount
}

/** Measures by index. What is read is a copy; a place before the last that was never written is not measured at all. */
export class MeasureList implements Series<Measures> {
  readonly #blocks: DataView[] = []
  #length = 0

  /** The list that `toJSON` was made of. */
  static parse({ length, bytes }: ReturnType<MeasureList['toJSON']>): MeasureList {
    const list = new MeasureList()
    const all = Buffer.from(bytes, 'base64')
    list.#length = length
    for (let at = 0; at < all.length; at += BLOCK_SIZE * MEASURE_BYTES)
      list.#blocks.push(new DataView(all.buffer, all.byteOffset + at, BLOCK_SIZE * MEASURE_BYTES))
    return list
  }

  get length(): number {
    return this.#length
  }

  /** Forgets all, and keeps the room for as many. */
  clear(): void {
    this.#length = 0
  }

  add(measures: Measures): void {
    this.set(this.#length, measures)
  }

  set(index: number, measures: Measures): void {
    while (this.#length < index) this.add(NOT_MEASURED)
    if (this.#blocks.length * BLOCK_SIZE <= index)
      this.#blocks.push(new DataView(new ArrayBuffer(BLOCK_SIZE * MEASURE_BYTES)))
    if (index === this.#length) this.#length++
    writeMeasures(this.#blocks[Math.floor(index / BLOCK_SIZE)]!, (index % BLOCK_SIZE) * MEASURE_BYTES, measures)
  }

  at(index: number): Measures | undefined {
    if (!(index >= 0 && index < this.#length)) return undefined
    return readMeasures(this.#blocks[Math.floor(index / BLOCK_SIZE)]!, (index % BLOCK_SIZE) * MEASURE_BYTES)
  }

  *[Symbol.iterator](): Generator<Measures> {
    for (let i = 0; i < this.#length; i++) yield this.at(i)!
  }

  /** As one value of a message. */
  toJSON(): { readonly length: number; readonly bytes: string } {
    const blocks = this.#blocks.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return { length: this.#length, bytes: Buffer.concat(blocks).toString('base64') }
  }
}
