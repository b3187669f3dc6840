/**
 * A Gaussian process on the lattice: what is believed about one metric at any point (Rasmussen and Williams, 2006). Each
 * field has a covariance of its own, from straight line to rough; fields add up, and a share `eta` of their products adds
 * interactions (Duvenaud, Nickisch, Rasmussen, "Additive Gaussian Processes", 2011). An additive world is then learned
 * from few points, and an interacting one still can be.
 */

import type { Point } from './lattice.ts'
import type { Field } from './types.ts'

/** One form a field's response may take: ranks a and b covary by `line[a] line[b] + near[|a - b|]`. */
export interface Shape {
  readonly line: Float64Array
  readonly near: Float64Array
}

/** What is learned about one metric. */
export interface Parameters {
  /** For each field, the form of its response, and how much it matters (variance). */
  readonly shape: readonly Shape[]
  readonly weight: readonly number[]
  /** Share of the interactions, 0..1. */
  readonly eta: number
  /** Variance of the noise; positive. */
  readonly noise: number
}

/** A value that was observed at a point. */
export interface Row {
  readonly point: Point
  readonly value: number
}

export interface Process {
  /** Multiplies every variance; the best one in closed form, held near the data's own by a weak prior. */
  readonly scale: number
  /** Log marginal likelihood of the observations under the parameters, up to a constant. */
  readonly score: number
  /** `sd` is of the metric itself, without the noise of observing it; never 0. */
  predict(point: Point): { readonly mean: number; readonly sd: number }
}

const LEAST_VARIANCE = 1e-9

const matern52 = (d: number, length: number): number => {
  const x = (Math.sqrt(5) * d) / length
  return (1 + x + (x * x) / 3) * Math.exp(-x)
}

/**
 * The shapes that a field chooses from: straight, bent, smooth, wavy and stairs, by rank. Two values leave nothing to bend, and names have no order: one shape
 * is all there is to learn.
 */
export function shapesOf({ kind, values }: Field): Shape[] {
  const rank = Array.from(values.keys(), (r) => r / Math.max(1, values.length - 1))
  // A line's share of the covariance; its mean variance over the range is 1.
  const shape = (share: number, near: (d: number) => number): Shape => ({
    line: Float64Array.from(rank, (x) => Math.sqrt(12 * share) * (x - 0.5)),
    near: Float64Array.from(rank, (d) => (1 - share) * near(d)),
  })
  if (kind === 'categorical' || values.length < 3) return [shape(0, (d) => (d === 0 ? 1 : 0))]
  return [
    shape(0.97, (d) => matern52(d, 0.7)),
    shape(0.5, (d) => matern52(d, 0.7)),
    shape(0, (d) => matern52(d, 0.6)),
    shape(0, (d) => matern52(d, 0.25)),
    shape(0, (d) => Math.exp(-d / 0.6)),
  ]
}

/** Conditions the process on standardised rows; `known` is the scale if it is known. */
export function makeProcess(rows: readonly Row[], { shape, weight, eta, noise }: Parameters, known?: number): Process {
  const n = rows.length
  const covariance = (a: Point, b: Point): number => {
    let sum = 1
    let product = 1
    for (let i = 0; i < shape.length; i++) {
      const { line, near } = shape[i]!
      const g = weight[i]! * (line[a[i]!]! * line[b[i]!]! + near[Math.abs(a[i]! - b[i]!)]!)
      sum += g
      product *= 1 + g
    }
    return sum + eta * (product - sum)
  }
  // Cholesky row by row: l lᵀ is the covariance of the observations. `half` solves l half = y on the way.
  const l: Float64Array[] = []
  const half = new Float64Array(n)
  let square = 0
  let score = 0
  for (const [i, { point, value }] of rows.entries()) {
    const row = new Float64Array(i + 1)
    for (let j = 0; j <= i; j++) row[j] = covariance(point, rows[j]!.point)
    row[i]! += noise
    const rest = solveRow(l, row, i, row[i]!)
    l.push(row)
    row[i] = Math.sqrt(Math.max(rest, LEAST_VARIANCE))
    half[i] = (value - dot(row, half, i)) / row[i]!
    square += half[i]! ** 2
    score -= Math.log(row[i]!)
  }
  const scale = known ?? (square + 0.6) / (n + 2)
  const cross = new Float64Array(n)
  return {
    scale,
    score: score - 0.5 * (n + 2) * Math.log(scale),
    predict(x) {
      for (let j = 0; j < n; j++) cross[j] = covariance(x, rows[j]!.point)
      const variance = solveRow(l, cross, n, covariance(x, x))
      return { mean: dot(cross, half, n), sd: Math.sqrt(scale * Math.max(variance, LEAST_VARIANCE)) }
    },
  }
}

/** Solves l x = row for its first n entries in place; what is left of the variance `self`. */
function solveRow(l: readonly Float64Array[], row: Float64Array, n: number, self: number): number {
  let rest = self
  for (let j = 0; j < n; j++) {
    const x = (row[j]! - dot(l[j]!, row, j)) / l[j]![j]!
    row[j] = x
    rest -= x * x
  }
  return rest
}

/** Two running sums instead of one: the additions need not wait for each other. */
function dot(a: Float64Array, b: Float64Array, n: number): number {
  let even = 0
  let odd = 0
  for (let k = 1; k < n; k += 2) {
    even += a[k - 1]! * b[k - 1]!
    odd += a[k]! * b[k]!
  }
  return even + odd + (n % 2 === 1 ? a[n - 1]! * b[n - 1]! : 0)
}
