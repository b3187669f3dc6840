/**
 * One metric as a Gaussian process: on a plain or a logarithmic scale, whichever explains the data better (so that costs
 * that multiply are as easy as costs that add), with what is slow to learn refitted only now and then.
 */

import { type Fit, makeFitter } from './fit.ts'
import { makeProcess, type Process } from './gaussian-process.ts'
import { BENT, type FieldKernel } from './kernel.ts'
import type { Point } from './lattice.ts'

/** One observed value; lists are in proposal order. */
export interface Row {
  readonly number: number
  readonly point: Point
  readonly value: number
}

/** A process whose predictions are on a scale of its own. */
export interface MetricModel extends Process {
  /** Standard deviation of the noise, on that scale. */
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
interface Learned extends Fit {
  readonly scaling: Scaling
}

/** The last fit of each metric, by what it was made from: an economy only, results do not depend on it. */
export type FitMemo = Map<string, { readonly key: string; readonly learned: Learned }>

const FIT_MOST = 48
/** Below this many values a logarithm that fits better does so by chance. */
const LOG_LEAST = 4

/** The last time, up to `n` observations, at which what is learned is learned anew: each time at first, then every 12 %. */
export function milestone(n: number): number {
  let at = Math.min(n, 16)
  while (Math.ceil(at * 1.12) <= n && at >= 16) at = Math.ceil(at * 1.12)
  return at
}

/** At most `most` of the items, evenly spread. */
const thin = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most ? items : Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!)

/**
 * The model of a metric observed as `rows` (not empty), conditioned on `near`, those of them that matter most now.
 * `slot` names the metric in the memo.
 */
export function modelMetric(
  kernels: readonly FieldKernel[],
  slot: string,
  rows: readonly Row[],
  near: readonly Row[],
  memo: FitMemo,
): MetricModel {
  const sample = thin(rows.slice(0, milestone(rows.length)), FIT_MOST)
  const positive = rows.length >= LOG_LEAST && rows.every((row) => row.value > 0)
  const key = JSON.stringify([positive, sample.map((row) => [row.number, row.value])])
  let learned = memo.get(slot)?.key === key ? memo.get(slot)!.learned : undefined
  if (!learned) {
    learned = learn(kernels, sample, positive)
    memo.set(slot, { key, learned })
  }
  return withScaling(kernels, near, learned)
}

function learn(kernels: readonly FieldKernel[], sample: readonly Row[], positive: boolean): Learned {
  const points = sample.map((row) => row.point)
  const raw = sample.map((row) => row.value)
  const fitTo = makeFitter(kernels, points)
  const plain = scalingOf(raw, false)
  const best = { ...fitTo(standardise(raw, plain)), scaling: plain }
  if (!positive) return best
  const log = scalingOf(raw, true)
  const other = { ...fitTo(standardise(raw, log)), scaling: log }
  // Densities of the raw values, so that the two scales compare: each takes its own derivative along.
  const gain = raw.length * (Math.log(plain.spread) - Math.log(log.spread)) - raw.reduce((s, y) => s + Math.log(y), 0)
  return other.score + gain > best.score ? other : best
}

/**
 * The model of a yes-or-no outcome (`value` +1 or -1, 0 the boundary). A bit says little, so nothing is learned about the
 * kernel; a fixed one serves better than any that fits the bits. Its small weights make it quick to take a region for
 * lost (measured where one constraint is a pass or fail: 20 hits of 20 instead of 3 with weights of 3).
 */
export function modelSign(kernels: readonly FieldKernel[], near: readonly Row[]): MetricModel {
  const parameters = {
    shape: kernels.map((kernel) => (kernel.length > 1 ? BENT : 0)),
    weight: kernels.map(() => 0.1),
    eta: 0.1,
    noise: 0.03,
  }
  return withScaling(kernels, near, { parameters, scale: 1, score: 0, scaling: { log: false, centre: 0, spread: 1 } })
}

function withScaling(kernels: readonly FieldKernel[], near: readonly Row[], learned: Learned): MetricModel {
  const { scaling, parameters, scale } = learned
  const y = standardise(
    near.map((row) => row.value),
    scaling,
  )
  const process = makeProcess(
    kernels,
    near.map((row) => row.point),
    y,
    parameters,
    scale,
  )
  return {
    ...process,
    noise: Math.sqrt(scale * parameters.noise),
    inward: (raw) => standardise([raw], scaling)[0]!,
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
const standardise = (raw: readonly number[], { log, centre, spread }: Scaling): Float64Array =>
  Float64Array.from(raw, (y) => (log ? Math.log(Math.max(y, Number.MIN_VALUE)) : y) / spread - centre / spread)
