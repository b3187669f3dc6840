/** About which values of a field the recorded cases can speak. */
import type { SettingValue } from '#schemas/common.ts'

/** Values that can be replayed: from the smallest to the largest of a range, or the choices of a list. */
export type Reach = { readonly min: number; readonly max: number } | { readonly values: readonly SettingValue[] }

/** Values for which every case, or some case, can be replayed; null: not known. */
export interface ReplayableValues {
  readonly all: Reach | null
  readonly some: Reach | null
}

/** Can the case be replayed under this value? Asked of one case; under the baseline's it can. */
type Speaks = (value: SettingValue) => boolean

/** Folds what the cases say, one after the other. */
export interface ReplayableFold {
  /** Takes a case, and answers for it without asking again. */
  add(speaks: Speaks): Speaks
  replayable(): ReplayableValues
}

/** The fold of a field by its values, in declared order. */
export const replayableFold = (values: readonly SettingValue[], baseline: SettingValue): ReplayableFold =>
  typeof baseline === 'number'
    ? new RangeFold(values as readonly number[], values.indexOf(baseline))
    : new ChoiceFold(values, baseline)

/** Of an ordered range each case speaks about an interval around the baseline: its ends are found by halving. */
class RangeFold implements ReplayableFold {
  readonly #values: readonly number[]
  readonly #start: number
  /** Indices: the interval that all cases share, and the one from the lowest end of any to the highest. */
  #all: readonly [number, number]
  #some: readonly [number, number]

  constructor(values: readonly number[], start: number) {
    this.#values = values
    this.#start = start
    this.#all = [0, values.length - 1]
    this.#some = [start, start]
  }

  add(speaks: Speaks): Speaks {
    const values = this.#values
    const holds = (index: number): boolean => speaks(values[index]!)
    const low = farthest(this.#start, 0, holds)
    const high = farthest(this.#start, values.length - 1, holds)
    this.#all = [Math.max(this.#all[0], low), Math.min(this.#all[1], high)]
    this.#some = [Math.min(this.#some[0], low), Math.max(this.#some[1], high)]
    return (value) => (value as number) >= values[low]! && (value as number) <= values[high]!
  }

  replayable(): ReplayableValues {
    const reach = ([low, high]: readonly [number, number]): Reach => ({
      min: this.#values[low]!,
      max: this.#values[high]!,
    })
    return { all: reach(this.#all), some: reach(this.#some) }
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
class ChoiceFold implements ReplayableFold {
  readonly #baseline: SettingValue
  readonly #spoken: Map<SettingValue, number>
  #cases = 0

  constructor(values: readonly SettingValue[], baseline: SettingValue) {
    this.#baseline = baseline
    this.#spoken = new Map(values.map((value) => [value, 0]))
  }

  add(speaks: Speaks): Speaks {
    const spoken = new Set<SettingValue>()
    this.#cases++
    for (const [value, cases] of this.#spoken) {
      if (value !== this.#baseline && !speaks(value)) continue
      spoken.add(value)
      this.#spoken.set(value, cases + 1)
    }
    return (value) => spoken.has(value)
  }

  replayable(): ReplayableValues {
    const least = (cases: number): Reach => ({
      values: [...this.#spoken].flatMap(([value, spoken]) => (spoken >= cases ? [value] : [])),
    })
    return { all: least(this.#cases), some: least(1) }
  }
}
