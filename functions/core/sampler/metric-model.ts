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

interface Learned {
  readonly parameters: Parameters
  readonly log: boolean
  readonly centre: number
  readonly spread: number
  readonly scale: number
  readonly score: number
}
/** The last fit of each metric by what it was made from: an economy only, results do not depend on it. */
export type Fits = Map<string, { readonly key: string; readonly learned: Learned }>

const WEIGHTS = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const ETAS = [0.003, 0.03, 0.1, 0.3, 1]
const NOISES = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5]
/** In standard deviations of the observations: less is what a model without noise needs to be computed at all. */
const NO_NOISE = 0.01
const SWEEPS = 4
const FIT_MOST = 48
/** Below this many values a logarithm that fits better does so by chance. */
const LOG_LEAST = 4

/**
 * The model of `metric`, observed as `rows` (not empty, in proposal order), conditioned on `near`, those of them that
 * matter most now.
 */
export function modelMetric(
  kernels: readonly FieldKernel[],
  metric: string,
  rows: readonly Row[],
  near: readonly Row[],
  fits: Fits,
): MetricModel {
  // Learned anew at each observation at first, then at every eighth more.
  const known = rows.length < 16 ? rows : rows.slice(0, 2 ** (Math.floor(8 * Math.log2(rows.length)) / 8))
  const most = Math.min(known.length, FIT_MOST)
  const sample = Array.from({ length: most }, (_, i) => known[Math.floor((i * known.length) / most)]!)
  const positive = rows.length >= LOG_LEAST && rows.every((row) => row.value > 0)
  const key = JSON.stringify([positive, sample])
  let fit = fits.get(metric)
  if (fit?.key !== key) {
    const plain = learn(kernels, sample, false)
    const log = positive ? learn(kernels, sample, true) : plain
    fit = { key, learned: log.score > plain.score ? log : plain }
    fits.set(metric, fit)
  }
  return conditioned(kernels, near, fit.learned)
}

/**
 * The model of a yes-or-no outcome (`value` +1 or -1, 0 the boundary). A bit says little, so nothing is learned about the
 * kernel; a fixed one serves better than any that fits the bits. Its small weights make it quick to take a region for
 * lost (measured where one constraint is a pass or fail: 20 hits of 20 instead of 3 with weights of 3).
 */
export function modelSign(kernels: readonly FieldKernel[], near: readonly Row[]): MetricModel {
  const parameters = { ...start(kernels), weight: kernels.map(() => 0.1), noise: 0.03 }
  const fixed = { parameters, log: false, centre: 0, spread: 1, scale: 1, score: 0 }
  return { ...conditioned(kernels, near, fixed), noise: 0 }
}

function conditioned(kernels: readonly FieldKernel[], rows: readonly Row[], learned: Learned): MetricModel {
  const { parameters, scale, log, centre, spread } = learned
  // A limit of 0 or less lies below every logarithm.
  const inward = (raw: number) => ((log ? Math.log(Math.max(raw, Number.MIN_VALUE)) : raw) - centre) / spread
  const noise = Math.sqrt(scale * parameters.noise)
  const points = rows.map((row) => row.point)
  const { predict } = makeProcess(
    kernels,
    points,
    Float64Array.from(rows, (row) => inward(row.value)),
    parameters,
    scale,
  )
  return {
    predict,
    noise: noise > NO_NOISE ? noise : 0,
    inward,
    outward: (scaled) => (log ? Math.exp(scaled * spread + centre) : scaled * spread + centre),
  }
}

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
  const raw = rows.map((row) => (log ? Math.log(row.value) : row.value))
  const points = rows.map((row) => row.point)
  // In parts and shares, so that squares of even the largest doubles stay finite.
  const centre = raw.reduce((sum, y) => sum + y / raw.length, 0)
  const spread = Math.hypot(...raw.map((y) => (y - centre) / Math.sqrt(raw.length))) || 1
  const y = Float64Array.from(raw, (value) => (value - centre) / spread)
  // The density of the raw values, so that scales compare: each takes its own derivative along.
  const derivative = -raw.length * Math.log(spread) - (log ? raw.reduce((sum, value) => sum + value, 0) : 0)
  const rate = (parameters: Parameters): Learned => {
    const { scale, score } = makeProcess(kernels, points, y, parameters)
    return { parameters, log, centre, spread, scale, score: score + logPrior(parameters) + derivative }
  }
  let best = rate(start(kernels))
  const attempt = (change: Partial<Parameters>): boolean => {
    const next = rate({ ...best.parameters, ...change })
    const better = next.score > best.score + 1e-9
    if (better) best = next
    return better
  }
  /** Walks one parameter up its grid, then down, as long as it pays. */
  const walk = (grid: readonly number[], from: number, change: (to: number) => Partial<Parameters>) => {
    const at = grid.indexOf(from)
    for (let i = at + 1; i < grid.length && attempt(change(grid[i]!)); ) i++
    for (let i = at - 1; i >= 0 && attempt(change(grid[i]!)); ) i--
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best
    for (const [i, kernel] of kernels.entries()) {
      for (const shape of kernel.keys()) attempt({ shape: best.parameters.shape.with(i, shape) })
      const { weight } = best.parameters
      walk(WEIGHTS, weight[i]!, (to) => ({ weight: weight.with(i, to) }))
    }
    walk(ETAS, best.parameters.eta, (eta) => ({ eta }))
    walk(NOISES, best.parameters.noise, (noise) => ({ noise }))
    if (best === before) break
  }
  return best
}

/** Weakly: every field matters somewhat, interactions are small, noise is less likely than signal. */
function logPrior({ weight, eta, noise }: Parameters): number {
  const noiseless = -0.15 * NOISES.indexOf(noise) - 0.5 * (Math.log(eta / 0.1) / 2) ** 2
  return weight.reduce((sum, w) => sum - 0.5 * (Math.log(w / 0.5) / 2.5) ** 2, noiseless)
}
