/** The space as a lattice of ranks: every other file works on ranks and leaves names and values to this one. */

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { demand, isRecord } from './input.ts'
import type { FieldValue, SearchOptions, Space, Values } from './types.ts'

/** The rank of each field's value, in the order of the space's fields. */
export type Point = readonly number[]

export interface Field {
  readonly ordered: boolean
  readonly values: readonly FieldValue[]
}

/** The points in reach: those that differ from the baseline in at most `mostChanged` fields. */
export interface Lattice {
  readonly names: readonly string[]
  readonly fields: readonly Field[]
  readonly baseline: Point
  readonly mostChanged: number
}

/** Throws a `SearchInputError` for a space without points, a malformed field or a baseline outside the space. */
export function makeLattice({ space, baseline, most_changed }: SearchOptions): Lattice {
  demand(isRecord(space), 'space', space, 'give an object of fields')
  demand(isRecord(baseline), 'baseline', baseline, 'give a value for every field of the space')
  const names = Object.keys(space)
  demand(names.length > 0, 'space', space, 'declare at least one field')
  for (const name of Object.keys(baseline)) {
    demand(names.includes(name), `baseline.${name}`, baseline[name], `the space declares only ${names.join(', ')}`)
  }
  const fields = names.map((name) => checkField(`space.${name}`, space[name]!))
  const ranks = fields.map(({ values }, i) => {
    const value = Object.hasOwn(baseline, names[i]!) ? baseline[names[i]!] : undefined
    const rank = values.indexOf(value!)
    demand(rank >= 0, `baseline.${names[i]}`, value, `use one of ${values.slice(0, 12).join(', ')}`)
    return rank
  })
  return { names, fields, baseline: ranks, mostChanged: most_changed ?? fields.length }
}

function checkField(at: string, field: Space[string]): Field {
  const kind = isRecord(field) ? field.kind : field
  demand(kind === 'ordered' || kind === 'categorical', `${at}.kind`, kind, "use 'ordered' or 'categorical'")
  const values: readonly FieldValue[] = field.values
  const all = (holds: boolean, value: unknown, remedy: string) => demand(holds, `${at}.values`, value, remedy)
  all(Array.isArray(values) && values.length > 0, values, 'list at least one value')
  all(new Set(values).size === values.length, values, 'list each value once')
  for (const [rank, value] of values.entries()) {
    if (kind === 'categorical') all(typeof value === 'string', value, 'list strings')
    else all(Number.isFinite(value), value, 'list finite numbers')
    all(kind === 'categorical' || !(value < values[rank - 1]!), value, 'list ordered values in increasing order')
  }
  return { ordered: kind === 'ordered', values: [...values] }
}

export const keyOf = (point: Point): string => point.join('.')

export const idOf = (number: number, point: Point): string => `${number}-${keyOf(point)}`

/** The number and point an id stands for, or undefined where it names none of this lattice. */
export function parseId(
  { fields }: Lattice,
  id: unknown,
): { readonly number: number; readonly point: Point } | undefined {
  const match = /^(\d{1,9})-(\d{1,9}(?:\.\d{1,9})*)$/.exec(typeof id === 'string' ? id : '')
  if (!match) return undefined
  const number = Number(match[1])
  const point = match[2]!.split('.').map(Number)
  const inside = point.length === fields.length && point.every((rank, i) => rank < fields[i]!.values.length)
  return inside && idOf(number, point) === id ? { number, point } : undefined
}

export const valuesOf = ({ names, fields }: Lattice, point: Point): Values =>
  Object.fromEntries(names.map((name, i) => [name, fields[i]!.values[point[i]!]!]))

/** The fields in which a point differs from the baseline. */
export const changedFields = ({ baseline }: Lattice, point: Point): number[] =>
  [...point.keys()].filter((i) => point[i] !== baseline[i])

/** How far apart two points lie, 0..1 a field: share of the range on ordered fields, a half for another choice. */
export const distance = ({ fields }: Lattice, a: Point, b: Point): number =>
  fields.reduce((sum, { ordered, values }, i) => {
    if (a[i] === b[i]) return sum
    return sum + (ordered ? Math.abs(a[i]! - b[i]!) / (values.length - 1) : 0.5)
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
  const rng = xoroshiro128plus(mix(mix(mix(seed) ^ Math.floor(seed / 2 ** 32)) ^ number))
  return () => (rng.next() >>> 0) / 2 ** 32
}

/** The finaliser of MurmurHash3: neighbouring seeds get unrelated streams. */
function mix(x: number): number {
  let h = (x + 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A point in reach that differs in as many fields as it may. */
export function randomPoint({ fields, baseline, mostChanged }: Lattice, random: Random): Point {
  const order = fields.map((_, i) => ({ i, at: random() })).sort((a, b) => a.at - b.at)
  const free = new Set(order.slice(0, mostChanged).map(({ i }) => i))
  return fields.map(({ values }, i) => (free.has(i) ? Math.floor(random() * values.length) : baseline[i]!))
}
