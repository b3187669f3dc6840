/** A Gaussian process on the lattice: what is believed about one metric at any point (Rasmussen and Williams, 2006). */
import { combine, covariance, type FieldKernel, type KernelParameters, pairTable } from './kernel.ts'
import type { Point } from './lattice.ts'
import { cholesky, dot, packed, solveLower, solveUpper } from './linear-algebra.ts'

interface Prediction {
  readonly mean: number
  /** Of the metric itself, without the noise of observing it; never 0. */
  readonly sd: number
}

export interface Process {
  /** With a `depth`, only the first that many points narrow the doubt: much faster, the mean exact, the sd too large. */
  predict(point: Point, depth?: number): Prediction
  /** Takes the prediction at a point for its outcome: the mean stays everywhere, the doubt shrinks nearby. */
  assume(point: Point): void
}

/** Points taken for granted at most; a larger batch is spread by what is already known. */
const ASSUMED_MOST = 48
const LEAST_VARIANCE = 1e-9

/**
 * Conditions the process on standardised observations `y` at `points`. `scale` multiplies every variance. The noise must
 * be positive enough for the matrix to be inverted, which holds for whatever `fit` returns.
 */
export function makeProcess(
  kernels: readonly FieldKernel[],
  points: readonly Point[],
  y: Float64Array,
  parameters: KernelParameters,
  scale: number,
): Process {
  const capacity = points.length + ASSUMED_MOST
  const known = [...points]
  const l = new Float64Array(packed(capacity))
  const tables = kernels.map((kernel, i) => pairTable(kernel[parameters.shape[i]!]!, i, points))
  covariance(tables, parameters, points.length, l, new Float64Array(packed(points.length)))
  cholesky(l, points.length)
  const pull = new Float64Array(capacity)
  solveLower(l, 0, points.length, y, pull)
  solveUpper(l, points.length, pull, pull)

  const rows = kernels.map(() => new Map<number, Float64Array>())
  /** One field's weighted correlations of a rank with every known point. */
  const rowOf = (field: number, rank: number): Float64Array => {
    let row = rows[field]!.get(rank)
    if (!row) {
      row = new Float64Array(capacity)
      for (let j = 0; j < known.length; j++) row[j] = correlate(field, rank, known[j]!)
      rows[field]!.set(rank, row)
    }
    return row
  }
  const correlate = (field: number, rank: number, to: Point): number =>
    parameters.weight[field]! * kernels[field]![parameters.shape[field]!]!(rank, to[field]!)

  const cross = new Float64Array(capacity)
  const product = new Float64Array(capacity)
  const half = new Float64Array(capacity)
  // Of the point looked at last: looking again with more depth goes on where the first look stopped.
  let last: Point | undefined
  let mean = 0
  let variance = 0
  let solved = 0
  const lookAt = (x: Point): void => {
    const n = known.length
    cross.fill(1, 0, n)
    product.fill(1, 0, n)
    let selfSum = 1
    let selfProduct = 1
    for (let i = 0; i < kernels.length; i++) {
      const row = rowOf(i, x[i]!)
      for (let j = 0; j < n; j++) {
        cross[j]! += row[j]!
        product[j]! *= 1 + row[j]!
      }
      const self = correlate(i, x[i]!, x)
      selfSum += self
      selfProduct *= 1 + self
    }
    for (let j = 0; j < n; j++) cross[j] = combine(cross[j]!, product[j]!, parameters.eta)
    mean = dot(cross, 0, pull, 0, n)
    variance = combine(selfSum, selfProduct, parameters.eta)
    solved = 0
    last = x
  }

  const predict = (x: Point, depth = Infinity): Prediction => {
    if (x !== last) lookAt(x)
    const until = Math.min(depth, known.length)
    if (until > solved) {
      solveLower(l, solved, until, cross, half)
      variance -= dot(half, solved, half, solved, until - solved)
      solved = until
    }
    return { mean, sd: Math.sqrt(scale * Math.max(variance, LEAST_VARIANCE)) }
  }

  return {
    predict,
    assume(x) {
      const n = known.length
      if (n === capacity) return
      predict(x)
      l.set(half.subarray(0, n), packed(n))
      l[packed(n) + n] = Math.sqrt(Math.max(variance, LEAST_VARIANCE) + parameters.noise)
      for (const [i, byRank] of rows.entries()) {
        for (const [rank, row] of byRank) row[n] = correlate(i, rank, x)
      }
      known.push(x)
      last = undefined
    },
  }
}
