/** The space as a lattice of ranks: every other file works on ranks and leaves names and values to this one. */

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { isRecord, SearchInputError } from './input.ts'
import type { FieldValue, SearchOptions, Space, Values } from './types.ts'

/** The rank of each field's value, in the order of the space's fields. */
export type Point = readonly number[]

export interface Field {
  readonly name: string
  readonly ordered: boolean
  readonly values: readonly FieldValue[]
}

/** The points in reach: those that differ from the baseline in at most `mostChanged` fields. */
export interface Lattice {
  readonly fields: readonly Field[]
  readonly baseline: Point
  readonly mostChanged: number
}

/** Throws a `SearchInputError` for a space without points, a malformed field or a baseline outside the space. */
export function makeLattice({ space, baseline, most_changed }: SearchOptions): Lattice {
  if (!isRecord(space)) throw new SearchInputError('space', space, 'give an object of fields')
  if (!isRecord(baseline)) throw new SearchInputError('baseline', baseline, 'give a value for every field of the space')
  const fields = Object.entries(space).map(([name, field]) => checkField(name, field))
  if (fields.length === 0) throw new SearchInputError('space', space, 'declare at least one field')
  const stray = Object.keys(baseline).find((name) => !Object.hasOwn(space, name))
  if (stray !== undefined) {
    const known = fields.map((field) => field.name).join(', ')
    throw new SearchInputError(`baseline.${stray}`, baseline[stray], `the space declares only ${known}`)
  }
  const ranks = fields.map(({ name, values }) => {
    const value = Object.hasOwn(baseline, name) ? baseline[name] : undefined
    const rank = values.indexOf(value!)
    if (rank >= 0) return rank
    throw new SearchInputError(`baseline.${name}`, value, `use one of ${values.slice(0, 12).join(', ')}`)
  })
  return { fields, baseline: ranks, mostChanged: most_changed ?? fields.length }
}

function checkField(name: string, field: Space[string]): Field {
  const at = `space.${name}`
  if (!isRecord(field) || (field.kind !== 'ordered' && field.kind !== 'categorical')) {
    throw new SearchInputError(`${at}.kind`, isRecord(field) ? field.kind : field, "use 'ordered' or 'categorical'")
  }
  const values: readonly FieldValue[] = field.values
  const refuse = (value: unknown, remedy: string) => {
    throw new SearchInputError(`${at}.values`, value, remedy)
  }
  if (!Array.isArray(values) || values.length === 0) refuse(values, 'list at least one value')
  const ordered = field.kind === 'ordered'
  for (const [rank, value] of values.entries()) {
    if (ordered ? !Number.isFinite(value) : typeof value !== 'string') {
      refuse(value, ordered ? 'list finite numbers' : 'list strings')
    }
    if (ordered && rank > 0 && value <= values[rank - 1]!) refuse(value, 'list ordered values in increasing order')
  }
  if (new Set(values).size < values.length) refuse(values, 'list each value once')
  return { name, ordered, values: [...values] }
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

export const valuesOf = ({ fields }: Lattice, point: Point): Values =>
  Object.fromEntries(fields.map((field, i) => [field.name, field.values[point[i]!]!]))

/** The fields in which a point differs from the baseline. */
export const changedFields = ({ baseline }: Lattice, point: Point): number[] =>
  [...point.keys()].filter((i) => point[i] !== baseline[i])

/** How far apart two points lie, 0..1 a field: share of the range on ordered fields, a half for another choice. */
export const distance = ({ fields }: Lattice, a: Point, b: Point): number =>
  fields.reduce((sum, { ordered, values }, i) => {
    if (a[i] === b[i]) return sum
    return sum + (ordered ? Math.abs(a[i]! - b[i]!) / (values.length - 1) : 0.5)
  }, 0)

/** Every point in reach, the baseline first. */
export function* reach(lattice: Lattice, from = 0, changes = lattice.mostChanged): Generator<Point> {
  yield* spread(lattice, lattice.baseline, from, changes)
}

function* spread(lattice: Lattice, point: Point, from: number, changes: number): Generator<Point> {
  if (from === point.length) return yield point
  yield* spread(lattice, point, from + 1, changes)
  if (changes === 0) return
  for (const rank of lattice.fields[from]!.values.keys()) {
    if (rank !== point[from]) yield* spread(lattice, point.with(from, rank), from + 1, changes - 1)
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
