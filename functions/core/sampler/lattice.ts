/** The space as a lattice of ranks: every other file works on ranks and leaves names and values to this one. */
import { SearchInputError } from './errors.ts'
import type { FieldValue, Space, Values } from './types.ts'

/** The rank of each field's value, in the order of the space's fields. */
export type Point = readonly number[]

export interface Field {
  readonly name: string
  readonly ordered: boolean
  readonly values: readonly FieldValue[]
}

export interface Lattice {
  readonly fields: readonly Field[]
  /** Number of points. */
  readonly size: number
  readonly baseline: Point
}

/** Throws a `SearchInputError` for a space without points, a malformed field or a baseline outside the space. */
export function makeLattice(space: Space, baseline: Values): Lattice {
  if (!isRecord(space)) throw new SearchInputError('space', space, 'give an object of fields')
  if (!isRecord(baseline)) throw new SearchInputError('baseline', baseline, 'give a value for every field of the space')
  const fields = Object.entries(space).map(([name, field]) => checkField(name, field))
  if (fields.length === 0) throw new SearchInputError('space', space, 'declare at least one field')
  for (const name of Object.keys(baseline)) {
    if (!Object.hasOwn(space, name)) {
      throw new SearchInputError(
        `baseline.${name}`,
        baseline[name],
        `the space declares only ${Object.keys(space).join(', ')}`,
      )
    }
  }
  return {
    fields,
    size: fields.reduce((product, field) => product * field.values.length, 1),
    baseline: fields.map((field) => {
      const value = Object.hasOwn(baseline, field.name) ? baseline[field.name] : undefined
      const rank = field.values.indexOf(value as FieldValue)
      if (rank < 0) {
        throw new SearchInputError(
          `baseline.${field.name}`,
          value,
          `use one of ${field.values.slice(0, 12).join(', ')}`,
        )
      }
      return rank
    }),
  }
}

function checkField(name: string, field: Space[string]): Field {
  const at = `space.${name}`
  if (!isRecord(field) || (field.kind !== 'ordered' && field.kind !== 'categorical')) {
    throw new SearchInputError(`${at}.kind`, isRecord(field) ? field.kind : field, "use 'ordered' or 'categorical'")
  }
  const values: readonly FieldValue[] = field.values
  if (!Array.isArray(values) || values.length === 0) {
    throw new SearchInputError(`${at}.values`, values, 'list at least one value')
  }
  const ordered = field.kind === 'ordered'
  const allowed = ordered ? Number.isFinite : (value: unknown) => typeof value === 'string'
  for (const [rank, value] of values.entries()) {
    if (!allowed(value)) {
      throw new SearchInputError(`${at}.values`, value, ordered ? 'list finite numbers' : 'list strings')
    }
    if (values.indexOf(value) < rank) throw new SearchInputError(`${at}.values`, value, 'list each value once')
    if (ordered && rank > 0 && value < values[rank - 1]!) {
      throw new SearchInputError(`${at}.values`, value, 'list ordered values in increasing order')
    }
  }
  return { name, ordered, values: [...values] }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A point's key in maps and, behind the proposal's number, its id. */
export const keyOf = (point: Point): string => point.join('.')

export const idOf = (number: number, point: Point): string => `${number}-${keyOf(point)}`

/** The number and point an id stands for, or undefined where it names none of this lattice. */
export function parseId(lattice: Lattice, id: string): { readonly number: number; readonly point: Point } | undefined {
  const match = /^(\d{1,9})-(\d{1,9}(?:\.\d{1,9})*)$/.exec(id)
  if (!match) return undefined
  const number = Number(match[1])
  const point = match[2]!.split('.').map(Number)
  const inside =
    point.length === lattice.fields.length && point.every((rank, i) => rank < lattice.fields[i]!.values.length)
  return inside && idOf(number, point) === id ? { number, point } : undefined
}

export function valuesOf(lattice: Lattice, point: Point): Values {
  return Object.fromEntries(lattice.fields.map((field, i) => [field.name, field.values[point[i]!]!]))
}

/** How far apart two points lie, 0..1 a field: share of the range on ordered fields, a half for another choice. */
export function distance(lattice: Lattice, a: Point, b: Point): number {
  return lattice.fields.reduce((sum, field, i) => {
    if (a[i] === b[i]) return sum
    return sum + (field.ordered ? Math.abs(a[i]! - b[i]!) / (field.values.length - 1) : 0.5)
  }, 0)
}

/** All points, the last field running fastest. For spaces that are searched exactly. */
export function allPoints(lattice: Lattice): Point[] {
  return lattice.fields.reduce<Point[]>(
    (points, field) => points.flatMap((point) => field.values.map((_, rank) => [...point, rank])),
    [[]],
  )
}
