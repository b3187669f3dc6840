/** About which values of a field the recorded cases can speak. */
import type { SettingValue } from '#schemas/common.ts'

/** Values that can be replayed: from the smallest to the largest of a range, or the choices of a list. */
export type Reach = { readonly min: number; readonly max: number } | { readonly values: readonly SettingValue[] }

/** Values for which every case, or some case, can be replayed; null: not known. */
export interface ReplayableValues {
  readonly all: Reach | null
  readonly some: Reach | null
}

/** Is asked whether the records of a case speak about a value; the baseline's they do. */
type Speaks = (caseIndex: number, value: SettingValue) => boolean

export interface Replayability {
  /** Can this case be replayed under this value? */
  holds(caseIndex: number, value: SettingValue): boolean
  replayable(): ReplayableValues
}

/** Of an ordered range each case speaks about an interval around the baseline: its ends are found by halving. */
export class RangeReach implements Replayability {
  readonly #values: readonly number[]
  readonly #low: Int32Array
  readonly #high: Int32Array

  constructor(values: readonly number[], at: number, cases: number, speaks: Speaks) {
    this.#values = values
    this.#low = new Int32Array(cases)
    this.#high = new Int32Array(cases)
    for (let i = 0; i < cases; i++) {
      this.#low[i] = farthest(at, 0, (v) => speaks(i, values[v]!))
      this.#high[i] = farthest(at, values.length - 1, (v) => speaks(i, values[v]!))
    }
  }

  holds(caseIndex: number, value: SettingValue): boolean {
    const [low, high] = [this.#values[this.#low[caseIndex]!]!, this.#values[this.#high[caseIndex]!]!]
    return (value as number) >= low && (value as number) <= high
  }

  replayable(): ReplayableValues {
    const fold = (ends: Int32Array, pick: (a: number, b: number) => number) => this.#values[ends.reduce(pick)]!
    const [most, least] = [(a: number, b: number) => Math.max(a, b), (a: number, b: number) => Math.min(a, b)]
    return {
      all: { min: fold(this.#low, most), max: fold(this.#high, least) },
      some: { min: fold(this.#low, least), max: fold(this.#high, most) },
    }
  }
}

/** The last index on the way to an end at which something holds, given that it holds at the start and nowhere after it stops. */
function farthest(start: number, end: number, holds: (index: number) => boolean): number {
  if (start === end || holds(end)) return end
  let [yes, no] = [start, end]
  while (Math.abs(no - yes) > 1) {
    const middle = (yes + no) >> 1
    if (holds(middle)) yes = middle
    else no = middle
  }
  return yes
}

/** Of a list each choice is asked for by itself. */
export class ChoiceReach implements Replayability {
  readonly #cases: number
  readonly #spoken: ReadonlyMap<SettingValue, Uint8Array>

  constructor(values: readonly SettingValue[], baseline: SettingValue, cases: number, speaks: Speaks) {
    this.#cases = cases
    this.#spoken = new Map(
      values.map((value) => [
        value,
        Uint8Array.from({ length: cases }, (_, i) => (value === baseline || speaks(i, value) ? 1 : 0)),
      ]),
    )
  }

  holds(caseIndex: number, value: SettingValue): boolean {
    return this.#spoken.get(value)![caseIndex] === 1
  }

  replayable(): ReplayableValues {
    const least = (cases: number): Reach => ({
      values: [...this.#spoken].flatMap(([value, flags]) =>
        flags.reduce((n, flag) => n + flag, 0) >= cases ? [value] : [],
      ),
    })
    return { all: least(this.#cases), some: least(1) }
  }
}
