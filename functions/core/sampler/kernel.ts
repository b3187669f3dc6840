/**
 * How alike two points are. Each field has a kernel of its own, from straight line to rough; fields add up, and a share
 * `eta` of their products adds interactions (the ANOVA kernel: Duvenaud, Nickisch, Rasmussen, "Additive Gaussian
 * Processes", 2011). An additive world is then learned from few points, and an interacting one still can be.
 */

import type { Field, Lattice, Point } from './lattice.ts'

/** What is learned about one metric. */
export interface KernelParameters {
  /** For each field, which of its shapes. */
  readonly shape: readonly number[]
  /** For each field, how much it matters (variance). */
  readonly weight: readonly number[]
  /** Share of the interactions, 0..1. */
  readonly eta: number
  /** Variance of the noise. */
  readonly noise: number
}

/** Correlation of two ranks of one field. */
export type Correlation = (a: number, b: number) => number

/** The shapes one field's response may take; smooth first on ordered fields. */
export type FieldKernel = readonly Correlation[]

/** Two values by their place on 0..1: `v`, `w` by value, `r`, `s` by rank. */
type Shape = (v: number, w: number, r: number, s: number) => number

const matern52 = (d: number, length: number): number => {
  const x = (Math.sqrt(5) * Math.abs(d)) / length
  return (1 + x + (x * x) / 3) * Math.exp(-x)
}
/** Straight lines, of mean variance 1 over the range. */
const straight = (a: number, b: number): number => 12 * (a - 0.5) * (b - 0.5)

/** Straight in the value, straight in the rank (a geometric grid's logarithm), bent, smooth, wavy, stairs. */
const ORDERED: readonly Shape[] = [
  (v, w, r, s) => 0.97 * straight(v, w) + 0.03 * matern52(r - s, 0.7),
  (_v, _w, r, s) => 0.97 * straight(r, s) + 0.03 * matern52(r - s, 0.7),
  (_v, _w, r, s) => 0.5 * straight(r, s) + 0.5 * matern52(r - s, 0.7),
  (_v, _w, r, s) => matern52(r - s, 0.6),
  (_v, _w, r, s) => matern52(r - s, 0.25),
  (_v, _w, r, s) => Math.exp(-Math.abs(r - s) / 0.6),
]
/** Longer fields compute what shorter ones look up. */
const TABLE_MOST = 256
/** The shape a fit starts from. */
export const BENT = 2
const SAME: readonly Shape[] = [(_v, _w, r, s) => (r === s ? 1 : 0)]

export const makeKernels = (lattice: Lattice): FieldKernel[] => lattice.fields.map(fieldKernel)

function fieldKernel(field: Field): FieldKernel {
  const n = field.values.length
  // Two values leave nothing to bend: one shape is all there is to learn.
  const shapes = field.ordered && n > 2 ? ORDERED : SAME
  const rank = field.values.map((_, r) => (n > 1 ? r / (n - 1) : 0))
  const low = Number(field.values[0])
  const value = field.ordered ? field.values.map((x) => (Number(x) - low) / (Number(field.values[n - 1]) - low)) : rank
  return shapes.map((shape) => {
    const correlation = (a: number, b: number) => shape(value[a]!, value[b]!, rank[a]!, rank[b]!)
    if (n > TABLE_MOST) return correlation
    const table = Float64Array.from({ length: n * n }, (_, at) => correlation(Math.floor(at / n), at % n))
    return (a, b) => table[a * n + b]!
  })
}

/** The parts of a covariance that `combine` puts together: the sum of the fields and their product. */
export function combine(sum: number, product: number, eta: number): number {
  return sum + eta * (product - sum)
}

/** One field's correlations of all pairs of `points`, packed: computed once, weighted many times. */
export function pairTable(correlation: Correlation, field: number, points: readonly Point[]): Float64Array {
  const ranks = points.map((point) => point[field]!)
  const table = new Float64Array((ranks.length * (ranks.length + 1)) / 2)
  let at = 0
  for (let a = 0; a < ranks.length; a++) for (let b = 0; b <= a; b++) table[at++] = correlation(ranks[a]!, ranks[b]!)
  return table
}

/**
 * Writes the covariance of all pairs of n points (packed, noise on the diagonal) into `out`, from one table a field;
 * `work` is scratch of the same size.
 */
export function covariance(
  tables: readonly Float64Array[],
  parameters: KernelParameters,
  n: number,
  out: Float64Array,
  work: Float64Array,
): void {
  const size = (n * (n + 1)) / 2
  out.fill(1, 0, size)
  work.fill(1, 0, size)
  for (const [i, table] of tables.entries()) {
    const weight = parameters.weight[i]!
    for (let k = 0; k < size; k++) {
      const g = weight * table[k]!
      out[k]! += g
      work[k]! *= 1 + g
    }
  }
  for (let k = 0; k < size; k++) out[k] = combine(out[k]!, work[k]!, parameters.eta)
  for (let i = 0; i < n; i++) out[(i * (i + 3)) / 2]! += parameters.noise
}
