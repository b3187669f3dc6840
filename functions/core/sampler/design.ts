/** The first points: spread over every field at once, since one field at a time would see no interaction. */
import { keyOf, type Lattice, type Point } from './lattice.ts'
import { type Random, shuffle } from './random.ts'

/** Points besides the baseline before the models are asked; a plane over the fields needs about this many. */
export const designSize = (lattice: Lattice): number =>
  Math.min(lattice.size - 1, lattice.fields.filter((field) => field.values.length > 1).length + 1)

/**
 * A Latin hypercube on the lattice (McKay, Beckman and Conover, 1979): each field runs through its range evenly, in an
 * order of its own. Points that coincide with each other or with the baseline are left out.
 */
export function design(lattice: Lattice, random: Random): Point[] {
  const count = designSize(lattice)
  const columns = lattice.fields.map((field) => {
    const place = (i: number) => Math.floor(((i + random()) / count) * field.values.length)
    return shuffle(
      Array.from({ length: count }, (_, i) => place(i)),
      random,
    )
  })
  const rows = Array.from({ length: count }, (_, i) => columns.map((column) => column[i]!))
  const distinct = new Map(rows.map((point) => [keyOf(point), point]))
  distinct.delete(keyOf(lattice.baseline))
  return [...distinct.values()]
}
