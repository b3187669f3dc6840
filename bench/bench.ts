/** What a bench hands back, and the seeded draws that all of them share. */
import { generator } from '#core/statistics/generator.ts'

export interface Bench {
  readonly name: string
  /** What was measured, on what: everything that a reader needs to run it again. */
  readonly conditions: Readonly<Record<string, unknown>>
  /** Ours, under the names that `docs/benchmarks.md` lists. `null`: not measured here. */
  readonly figures: Readonly<Record<string, number | string | null>>
  /** Others, from the same run or as their authors report them. */
  readonly peers: Readonly<Record<string, unknown>>
  /** The same for people: a head and its rows. Without it the figures are listed. */
  readonly table?: readonly (readonly string[])[]
  /** What we hold ourselves to. Printed, never asserted. */
  readonly bars?: readonly Bar[]
}

export interface Bar {
  readonly figure: string
  readonly atMost?: number
  readonly atLeast?: number
}

/** Seeded draws: the same seed gives the same world for ever. */
export interface Draws {
  /** In [0, 1). */
  unit(): number
  chance(p: number): boolean
  /** A whole number in [0, below). */
  below(below: number): number
  normal(): number
}

export function draws(seed: number): Draws {
  const next = generator(seed)
  const unit = () => next() / 2 ** 32
  return {
    unit,
    chance: (p) => unit() < p,
    below: (below) => Math.floor(unit() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
  }
}

/** A function of whole numbers, computed once for each combination. */
export function remembered<R>(compute: (...numbers: number[]) => R): (...numbers: number[]) => R {
  const known = new Map<string, R>()
  return (...numbers) => {
    const key = numbers.join()
    let result = known.get(key)
    if (result === undefined) {
      result = compute(...numbers)
      known.set(key, result)
    }
    return result
  }
}

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`

/** Middle one of an odd number of values. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** A number as people read it: 12,345 or 0.0123. */
export const readable = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)))
