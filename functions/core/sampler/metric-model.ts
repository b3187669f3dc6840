/**
 * One metric as a Gaussian process: on a plain or a logarithmic scale, whichever explains the data better (so that costs
 * that multiply are as easy as costs that add), with what is slow to learn learned anew only now and then.
 */

import { makeProcess, type Parameters, type Process, type Row, type Shape, shapesOf } from './gaussian-process.ts'
import type { Lattice } from './lattice.ts'

interface Learned {
  readonly parameters: Parameters
  /** Of every variance. */
  readonly scale: number
  /** Standard deviation of the noise on the model's scale; 0 where the observations show none. */
  readonly noise: number
  /** Raw value to the model's scale, and back. */
  inward(raw: number): number
  outward(scaled: number): number
}

/** `predict` is on the model's own scale. */
export type MetricModel = Learned & Pick<Process, 'predict'>
export type Models = ReturnType<typeof makeModels>

const WEIGHTS = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const ETAS = [0.003, 0.03, 0.1, 0.3, 1]
const NOISES = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5]
/** In standard deviations of the observations: less is what a model without noise needs to be computed at all. */
const NO_NOISE = 0.01
const SWEEPS = 4
const FIT_MOST = 48
/** Below this many values a logarithm that fits better does so by chance. */
const LOG_LEAST = 4

export function makeModels({ fields }: Lattice) {
  const shapes = fields.map(shapesOf)
  // A bit says little, so nothing is learned about the kernel; a fixed one serves better than any that fits the bits. Its
  // small weights make it quick to take a region for lost (measured where one constraint is a pass or fail: 20 hits of 20
  // instead of 3 with weights of 3).
  const bits: Learned = {
    parameters: { ...start(shapes), weight: fields.map(() => 0.1), noise: 0.03 },
    scale: 1,
    noise: 0,
    inward: (raw) => raw,
    outward: (scaled) => scaled,
  }
  /** By what they were made from: an economy only, results do not depend on it. */
  const fits = new Map<string, Learned>()
  const conditioned = (learned: Learned, near: readonly Row[]): MetricModel => {
    const rows = near.map(({ point, value }) => ({ point, value: learned.inward(value) }))
    return { ...learned, predict: makeProcess(rows, learned.parameters, learned.scale).predict }
  }
  return {
    /** The model of a metric observed as `rows` (not empty, in proposal order), conditioned on `near`, those that matter now. */
    metric(rows: readonly Row[], near: readonly Row[]): MetricModel {
      // Learned anew at each observation at first, then at every eighth more.
      const known = rows.length < 16 ? rows : rows.slice(0, 2 ** (Math.floor(8 * Math.log2(rows.length)) / 8))
      const most = Math.min(known.length, FIT_MOST)
      const sample = Array.from({ length: most }, (_, i) => known[Math.floor((i * known.length) / most)]!)
      const scales = rows.length >= LOG_LEAST && rows.every((row) => row.value > 0) ? [false, true] : [false]
      const key = JSON.stringify([scales, sample])
      const learned =
        fits.get(key) ??
        scales.map((log) => learn(shapes, sample, log)).reduce((plain, log) => (log.score > plain.score ? log : plain))
      fits.set(key, learned)
      return conditioned(learned, near)
    },
    /** The model of a yes-or-no outcome (`value` +1 or -1, 0 the boundary). */
    sign: (near: readonly Row[]): MetricModel => conditioned(bits, near),
  }
}

const start = (shapes: readonly (readonly Shape[])[]): Parameters => ({
  shape: shapes.map(([straight, bent]) => bent ?? straight!),
  weight: shapes.map(() => 0.3),
  eta: 0.1,
  noise: NOISES[0]!,
})

/**
 * Which fields matter, how bent, how interacting, how noisy: climbs the posterior over a small grid, one parameter at a
 * time (Rasmussen and Williams, 2006, chapter 5). A grid is deterministic, free of step sizes, and bounded.
 */
function learn(shapes: readonly (readonly Shape[])[], sample: readonly Row[], log: boolean) {
  // A limit of 0 or less lies below every logarithm.
  const raw = (value: number) => (log ? Math.log(Math.max(value, Number.MIN_VALUE)) : value)
  const values = sample.map(({ value }) => raw(value))
  // In parts and shares, so that squares of even the largest doubles stay finite.
  const centre = values.reduce((sum, y) => sum + y / values.length, 0)
  const spread = Math.hypot(...values.map((y) => (y - centre) / Math.sqrt(values.length))) || 1
  const inward = (value: number) => (raw(value) - centre) / spread
  const rows = sample.map(({ point, value }) => ({ point, value: inward(value) }))
  // The density of the raw values, so that scales compare: each takes its own derivative along.
  const derivative = -values.length * Math.log(spread) - (log ? values.reduce((sum, value) => sum + value, 0) : 0)
  const rate = (parameters: Parameters) => {
    const { scale, score } = makeProcess(rows, parameters)
    return { parameters, scale, score: score + logPrior(parameters) + derivative }
  }
  let best = rate(start(shapes))
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
    for (const [i, choices] of shapes.entries()) {
      for (const shape of choices) attempt({ shape: best.parameters.shape.with(i, shape) })
      const { weight } = best.parameters
      walk(WEIGHTS, weight[i]!, (to) => ({ weight: weight.with(i, to) }))
    }
    walk(ETAS, best.parameters.eta, (eta) => ({ eta }))
    walk(NOISES, best.parameters.noise, (noise) => ({ noise }))
    if (best === before) break
  }
  const deviation = Math.sqrt(best.scale * best.parameters.noise)
  return {
    ...best,
    noise: deviation > NO_NOISE ? deviation : 0,
    inward,
    outward: (scaled: number) => (log ? Math.exp(scaled * spread + centre) : scaled * spread + centre),
  }
}

/** Weakly: every field matters somewhat, interactions are small, noise is less likely than signal. */
function logPrior({ weight, eta, noise }: Parameters): number {
  const noiseless = -0.15 * NOISES.indexOf(noise) - 0.5 * (Math.log(eta / 0.1) / 2) ** 2
  return weight.reduce((sum, w) => sum - 0.5 * (Math.log(w / 0.5) / 2.5) ** 2, noiseless)
}
