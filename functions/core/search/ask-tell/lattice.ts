import type { FieldValue, Space, Values } from './types.ts'

export type Point = readonly number[]
export interface Field {
  readonly name: string
  readonly ordered: boolean
  readonly values: readonly FieldValue[]
}
export interface Lattice {
  readonly fields: readonly Field[]
  readonly size: number
  readonly baseline: Point
}
export function makeLattice(space: Space, baseline: Values): Lattice {
  const fields = Object.entries(space).map(([name, f]) => ({ name, ordered: f.kind === 'ordered', values: f.values }))
  return {
    fields,
    size: fields.reduce((p, f) => p * f.values.length, 1),
    baseline: fields.map((f) => f.values.indexOf(baseline[f.name]!)),
  }
}
export const idOf = (p: Point): string => p.join('.')
export function valuesOf(l: Lattice, p: Point): Values {
  return Object.fromEntries(l.fields.map((f, i) => [f.name, f.values[p[i]!]!]))
}
