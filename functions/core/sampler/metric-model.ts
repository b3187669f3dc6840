/**
 * One metric as a Gaussian process: on a plain or a logarithmic scale, whichever explains the data better (so that costs
 * that multiply are as easy as costs that add), with what is slow to learn learned anew only now and then.
 */

import { BENT, type FieldKernel, makeProcess, type Parameters, type Prediction } from './gaussian-process.ts'
import type { Point } from './lattice.ts'

export interface Row {
  readonly point: Point
  readonly value: number
}

export interface MetricModel {
  /** On a scale of the model's own. */
  predict(point: Point): Prediction
  /** Standard deviation of the noise on that scale; 0 where the observations show none. */
  readonly noise: number
  /** Raw value to the model's scale, and back. */
  inward(raw: number): number
  outward(scaled: number): number
}

interface Scaling {
  readonly log: boolean
  readonly centre: number
  readonly spread: number
}
interface Learned {
  readonly parameters: Parameters
  readonly scaling: Scaling
  readonly scale: number
  readonly score: number
}
/** The last fit of each metric by what it was made from: an economy only, results do not depend on it. */
export type FitMemo = Map<string, { readonly key: string; readonly learned: Learned }>

const WEIGHTS = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const ETAS = [0.003, 0.03, 0.1, 0.3, 1]
const NOISES = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5]
/** Up to this much, noise is what a model without any needs to be computed at all. */
const NO_NOISE = 1e-4
const SWEEPS = 4
/** A sweep that gains less (in log likelihood) than this is the last. */
const ENOUGH = 0.1
const FIT_MOST = 48
/** Below this many values a logarithm that fits better does so by chance. */
const LOG_LEAST = 4

/**
 * The model of a metric observed as `rows` (not empty, in proposal order), conditioned on `near`, those of them that
 * matter most now. `slot` names the metric in the memo.
 */
export function modelMetric(
  kernels: readonly FieldKernel[],
  slot: string,
  rows: readonly Row[],
  near: readonly Row[],
  memo: FitMemo,
): MetricModel {
  const known = rows.slice(0, milestone(rows.length))
  const most = Math.min(known.length, FIT_MOST)
  const sample = Array.from({ length: most }, (_, i) => known[Math.floor((i * known.length) / most)]!)
  const positive = rows.length >= LOG_LEAST && rows.every((row) => row.value > 0)
  const key = JSON.stringify([positive, sample])
  let entry = memo.get(slot)
  if (entry?.key !== key) {
    const plain = learn(kernels, sample, false)
    const log = positive ? learn(kernels, sample, true) : plain
    entry = { key, learned: log.score > plain.score ? log : plain }
    memo.set(slot, entry)
  }
  return withScaling(kernels, near, entry.learned)
}

/** The last time, up to `n` observations, that a fit is made: each time at first, then every 12 %. */
function milestone(n: number): number {
  let at = Math.min(n, 16)
  while (at >= 16 && Math.ceil(at * 1.12) <= n) at = Math.ceil(at * 1.12)
  return at
}

/**
 * The model of a yes-or-no outcome (`value` +1 or -1, 0 the boundary). A bit says little, so nothing is learned about the
 * kernel; a fixed one serves better than any that fits the bits. Its small weights make it quick to take a region for
 * lost (measured where one constraint is a pass or fail: 20 hits of 20 instead of 3 with weights of 3).
 */
export function modelSign(kernels: readonly FieldKernel[], near: readonly Row[]): MetricModel {
  const parameters = { ...start(kernels), weight: kernels.map(() => 0.1), noise: 0.03 }
  const scaling = { log: false, centre: 0, spread: 1 }
  return { ...withScaling(kernels, near, { parameters, scaling, scale: 1, score: 0 }), noise: 0 }
}

function withScaling(kernels: readonly FieldKernel[], near: readonly Row[], learned: Learned): MetricModel {
  const { scaling, parameters, scale } = learned
  const inward = (raw: number) => standardise(raw, scaling)
  const process = makeProcess(
    kernels,
    near.map((row) => row.point),
    Float64Array.from(near, (row) => inward(row.value)),
    parameters,
    scale,
  )
  return {
    predict: process.predict,
    noise: parameters.noise > NO_NOISE ? Math.sqrt(scale * parameters.noise) : 0,
    inward,
    outward: (scaled) => {
      const value = scaled * scaling.spread + scaling.centre
      return scaling.log ? Math.exp(value) : value
    },
  }
}

function scalingOf(raw: readonly number[], log: boolean): Scaling {
  const values = log ? raw.map(Math.log) : raw
  // In units of the largest, so that squares of even the largest doubles stay finite.
  const unit = values.reduce((most, y) => Math.max(most, Math.abs(y)), 0) || 1
  const centre = values.reduce((sum, y) => sum + y / unit, 0) / values.length
  const variance = values.reduce((sum, y) => sum + (y / unit - centre) ** 2, 0) / values.length
  return { log, centre: centre * unit, spread: Math.sqrt(variance) * unit || 1 }
}

/** A limit of 0 or less lies below every logarithm. */
const standardise = (raw: number, { log, centre, spread }: Scaling): number =>
  (log ? Math.log(Math.max(raw, Number.MIN_VALUE)) : raw) / spread - centre / spread

const start = (kernels: readonly FieldKernel[]): Parameters => ({
  shape: kernels.map((kernel) => (kernel.length > 1 ? BENT : 0)),
  weight: kernels.map(() => 0.3),
  eta: 0.1,
  noise: NOISES[0]!,
})

/**
 * Which fields matter, how bent, how interacting, how noisy: climbs the posterior over a small grid, one parameter at a
 * time (Rasmussen and Williams, 2006, chapter 5). A grid is deterministic, free of step sizes, and bounded.
 */
function learn(kernels: readonly FieldKernel[], rows: readonly Row[], log: boolean): Learned {
  const raw = rows.map((row) => row.value)
  const points = rows.map((row) => row.point)
  const scaling = scalingOf(raw, log)
  const y = Float64Array.from(raw, (value) => standardise(value, scaling))
  // The density of the raw values, so that scales compare: each takes its own derivative along.
  const derivative = raw.reduce((sum, value) => sum - Math.log(scaling.spread) - (log ? Math.log(value) : 0), 0)
  const rate = (parameters: Parameters): Learned => {
    const { scale, score } = makeProcess(kernels, points, y, parameters)
    return { parameters, scaling, scale, score: score + logPrior(parameters) + derivative }
  }
  let best = rate(start(kernels))
  const attempt = (change: Partial<Parameters>): boolean => {
    const next = rate({ ...best.parameters, ...change })
    if (!(next.score > best.score + 1e-9)) return false
    best = next
    return true
  }
  /** Walks one parameter up its grid, then down, as long as it pays. */
  const walk = (grid: readonly number[], now: () => number, change: (to: number) => Partial<Parameters>) => {
    for (const step of [1, -1]) {
      for (let to = grid[grid.indexOf(now()) + step]; to !== undefined && attempt(change(to)); ) {
        to = grid[grid.indexOf(now()) + step]
      }
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best.score
    for (const [i, kernel] of kernels.entries()) {
      for (const shape of kernel.keys()) {
        if (shape !== best.parameters.shape[i]) attempt({ shape: best.parameters.shape.with(i, shape) })
      }
      const weights = () => best.parameters.weight
      walk(
        WEIGHTS,
        () => weights()[i]!,
        (to) => ({ weight: weights().with(i, to) }),
      )
    }
    walk(
      ETAS,
      () => best.parameters.eta,
      (eta) => ({ eta }),
    )
    walk(
      NOISES,
      () => best.parameters.noise,
      (noise) => ({ noise }),
    )
    if (best.score - before < ENOUGH) break
  }
  return best
}

/** Weakly: every field matters somewhat, interactions are small, noise is less likely than signal. */
function logPrior({ weight, eta, noise }: Parameters): number {
  let sum = -0.15 * NOISES.indexOf(noise) - 0.5 * (Math.log(eta / 0.1) / 2) ** 2
  for (const w of weight) sum -= 0.5 * (Math.log(w / 0.5) / 2.5) ** 2
  return sum
}
