/** The space as a lattice of ranks: every other file works on ranks and leaves names and values to this one. */

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { generator } from '../statistics/generator.ts'
import type { Field, SearchOptions, Values } from './types.ts'

/** The rank of each field's value, in the order of the space's fields. */
export type Point = readonly number[]

/** The points in reach: those that differ from the baseline in at most `mostChanged` fields. */
export interface Lattice {
  readonly fields: readonly (Field & { readonly name: string })[]
  readonly baseline: Point
  readonly mostChanged: number
}

/** Of options that were checked. Copies the lists of values: what the caller does to them later changes nothing here. */
export function makeLattice({ space, baseline, most_changed = Infinity }: SearchOptions): Lattice {
  const fields = Object.entries(space).map(([name, field]) => ({ name, ...structuredClone(field) }))
  const ranks = fields.map(({ name, values }) => (values as unknown[]).indexOf(baseline[name]))
  return { fields, baseline: ranks, mostChanged: most_changed }
}

export const keyOf = (point: Point): string => point.join('.')

export const idOf = (number: number, point: Point): string => `${number}-${keyOf(point)}`

/** The number and point an id stands for, or undefined where it names none of this lattice. */
export function parseId(
  { fields }: Lattice,
  id: unknown,
): { readonly number: number; readonly point: Point } | undefined {
  const [number = Number.NaN, ...point] = String(id).split(/[-.]/).map(Number)
  const inside = point.length === fields.length && point.every((rank, i) => fields[i]!.values[rank] !== undefined)
  return inside && Number.isSafeInteger(number) && idOf(number, point) === id ? { number, point } : undefined
}

export const valuesOf = ({ fields }: Lattice, point: Point): Values =>
  Object.fromEntries(fields.map(({ name, values }, i) => [name, values[point[i]!]!]))

/** How far apart two points lie, 0..1 a field: share of the range on ordered fields, a half for another choice. */
export const distance = ({ fields }: Lattice, a: Point, b: Point): number =>
  fields.reduce((sum, { kind, values }, i) => {
    if (a[i] === b[i]) return sum
    return sum + (kind === 'ordered' ? Math.abs(a[i]! - b[i]!) / (values.length - 1) : 0.5)
  }, 0)

/** Every point in reach, the baseline first: of `point`, what follows from changing up to `left` fields from `i` on. */
export function* reach(
  lattice: Lattice,
  point = lattice.baseline,
  i = 0,
  left = lattice.mostChanged,
): Generator<Point> {
  if (i === point.length) return yield point
  yield* reach(lattice, point, i + 1, left)
  for (const rank of left > 0 ? lattice.fields[i]!.values.keys() : []) {
    if (rank !== point[i]) yield* reach(lattice, point.with(i, rank), i + 1, left - 1)
  }
}

/** Uniform on [0, 1). */
export type Random = () => number

/** The stream of proposal `number` under `seed` (a safe integer): what one proposal draws never shifts another's. */
export function randomFor(seed: number, number: number): Random {
  // Neighbouring seeds get unrelated streams.
  const mix = (x: number) => generator(x >>> 0)()
  const rng = xoroshiro128plus(mix(mix(mix(seed) ^ Math.floor(seed / 2 ** 32)) ^ number))
  return () => (rng.next() >>> 0) / 2 ** 32
}

/** A point in reach that differs in as many fields as it may. */
export function randomPoint({ fields, baseline, mostChanged }: Lattice, random: Random): Point {
  const order = fields.map((_, i) => ({ i, at: random() })).sort((a, b) => a.at - b.at)
  const free = new Set(order.slice(0, mostChanged).map(({ i }) => i))
  return fields.map(({ values }, i) => (free.has(i) ? Math.floor(random() * values.length) : baseline[i]!))
}
