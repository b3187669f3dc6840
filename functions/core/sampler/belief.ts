/**
 * What the observations make one believe, as one number a point: how much improvement to expect there, times how likely
 * it is allowed (constrained expected improvement: Schonlau, Welch and Jones, 1998; Gardner and others, 2014).
 */

import type { FieldKernel } from './gaussian-process.ts'
import { distance, type Lattice, type Point } from './lattice.ts'
import { type Fits, type MetricModel, modelMetric, modelSign, type Row } from './metric-model.ts'
import { logCdf, logExpectedImprovement } from './normal.ts'
import { feasibleBestFirst, isMeasured, measured, rangeOf, signOf, type Told } from './observations.ts'
import type { Constraint, Goal, Metrics } from './types.ts'

/**
 * What a proposal is after, taken in turn: `caution` is how many standard deviations of the noise to keep clear of every
 * limit, `sure` asks for the likeliest improvement, however small, instead of the greatest to be expected. Great hopes
 * alone overlook the small step that is nearly certain; and under noise, where the edge runs is itself in doubt.
 */
export const MOODS = [
  { caution: 0, sure: false },
  { caution: 0, sure: true },
  { caution: 1, sure: false },
  { caution: 2, sure: false },
] as const
export type Mood = (typeof MOODS)[number]

export interface Belief {
  /** Points observed to be feasible, best first. */
  readonly leaders: readonly Told[]
  /** Logarithm of the promise; -Infinity as soon as it is clear that it falls short of `atLeast`. */
  promise(point: Point, mood: Mood, atLeast: number): number
  /** The leader of the best objective to be expected, as `Search.best` says, with the metrics to be expected. */
  best(): (Told & { readonly metrics: Metrics }) | null
}

/** What belongs to a search for good; `fits` is the models' memory. */
export interface Frame {
  readonly lattice: Lattice
  readonly goal: Goal
  readonly kernels: readonly FieldKernel[]
  readonly fits: Fits
}

interface Limit {
  readonly model: MetricModel
  readonly min: number
  readonly max: number
  /** Standard deviation of the limit itself. */
  readonly doubt: number
}

/** A model is conditioned on this many of the most telling observations: enough nearby, and time stays bounded. */
const NEAR_MOST = 64
/** In deviations of the objective: less is no improvement, and would be sought in fields that do nothing. */
const LEAST_GAIN = 0.01
/** A point whose chance falls below this on any one limit is no mark to beat; one exactly on its limit has a half. */
const BELIEVED = Math.log(0.45)
/** The chance of keeping its limits that the best has to have where the metric of a limit is noisy. */
const CONFIDENT = Math.log(0.95)

/** `told` in the order of proposals. */
export function believe({ lattice, goal, kernels, fits }: Frame, told: readonly Told[]): Belief {
  const sign = signOf(goal)
  const homes = told.filter((t) => distance(lattice, t.point, lattice.baseline) === 0)
  const baseline = homes.find((t) => isMeasured(goal, t)) ?? homes[0]
  const leaders = feasibleBestFirst(goal, told, baseline)
  const centre = leaders[0]?.point ?? lattice.baseline
  // The nearest to the best tell most, and the baseline, on which relative limits rest.
  const near = told
    .map((t) => ({ t, far: t === baseline ? -1 : distance(lattice, t.point, centre) }))
    .sort((a, b) => a.far - b.far)
    .map(({ t }) => t)

  const models = new Map<string, MetricModel>()
  const learnMetric = (metric: string): MetricModel | undefined => {
    const rows = rowsOf(told, (t) => measured(t, metric))
    if (!models.has(metric) && rows.length > 0) {
      const nearRows = rowsOf(near.slice(0, NEAR_MOST), (t) => measured(t, metric))
      models.set(metric, modelMetric(kernels, metric, rows, nearRows, fits))
    }
    return models.get(metric)
  }
  /** A limit learned from which points keep it (1) and which do not (-1), if there are both. */
  const learnBits = (bit: (t: Told) => number | undefined): Limit | undefined => {
    if (new Set(rowsOf(told, bit).map((row) => row.value)).size < 2) return undefined
    return { model: modelSign(kernels, rowsOf(near.slice(0, NEAR_MOST), bit)), min: 0, max: Infinity, doubt: 0 }
  }
  const learnLimit = (constraint: Constraint): Limit | undefined => {
    const { metric, relative_to_baseline } = constraint
    const range = rangeOf(constraint, baseline)
    const model = range && learnMetric(metric)
    if (!model) return undefined
    const margin = (t: Told) => {
      const y = measured(t, metric)
      return y === undefined ? undefined : Math.min(y - range.min, range.max - y)
    }
    // Never strictly within its limit, only on it: a clamp (`max(0, .62 - a) <= 0`), a count of violations, a pass or
    // fail. A process through the flat part would call it a coin toss everywhere, so it is read as a bit.
    if (rowsOf(told, margin).reduce((most, row) => Math.max(most, row.value), -Infinity) === 0) {
      return learnBits((t) => (margin(t) === undefined ? undefined : margin(t) === 0 ? 1 : -1))
    }
    // Under noise the baseline's one observation is a poor origin; the model's opinion of it is a better one.
    const home = relative_to_baseline && model.noise > 0 ? baseline : undefined
    const opinion = home && model.predict(home.point)
    const shift = opinion ? model.outward(opinion.mean) - measured(home, metric)! : 0
    const side = (limit: number) => (Number.isFinite(limit) ? model.inward(limit + shift) : limit)
    return { model, min: side(range.min), max: side(range.max), doubt: opinion?.sd ?? 0 }
  }
  const target = learnMetric(goal.objective.metric)
  const failure = learnBits((t) => (isMeasured(goal, t) ? 1 : -1))
  const limits = [...goal.constraints.map(learnLimit), failure].filter((limit) => limit !== undefined)

  /** By caution: the lowest cost believed to be allowed, which is what there is to improve on. */
  const marks = [0, 1, 2].map((caution) => {
    const allowed = near
      .slice(0, NEAR_MOST)
      .filter((t) => isMeasured(goal, t) && limits.every((limit) => logAllowed(limit, t.point, caution) >= BELIEVED))
    return allowed.reduce((least, t) => Math.min(least, sign * target!.predict(t.point).mean), Infinity)
  })

  return {
    leaders,
    promise(point, { caution, sure }, atLeast) {
      let sum = 0
      // As long as nothing allowed is known, the promise is the chance alone of being allowed.
      if (target && marks[caution]! < Infinity) {
        const { mean, sd } = target.predict(point)
        const z = (marks[caution]! - LEAST_GAIN - sign * mean) / sd
        sum = sure ? logCdf(z) : logExpectedImprovement(z) + Math.log(sd)
      }
      // Every further term is the logarithm of a chance: the sum only falls.
      for (const limit of limits) {
        if (sum < atLeast) return -Infinity
        sum += logAllowed(limit, point, caution)
      }
      return sum
    },
    best() {
      const doubtful = limits.filter(({ model }) => model.noise > 0)
      const noisy = [...models].filter(([, model]) => model.noise > 0)
      const claims = leaders
        .filter(({ point }) => doubtful.reduce((sum, limit) => sum + logAllowed(limit, point, 0), 0) >= CONFIDENT)
        .map((t) => {
          const means = noisy.map(([name, model]) => [name, model.outward(model.predict(t.point).mean)] as const)
          return { ...t, metrics: { ...t.metrics, ...Object.fromEntries(means) } }
        })
      const cost = (t: Told) => sign * measured(t, goal.objective.metric)!
      return claims.sort((a, b) => cost(a) - cost(b))[0] ?? null
    },
  }
}

const rowsOf = (told: readonly Told[], of: (t: Told) => number | undefined): Row[] =>
  told.flatMap((t) => {
    const value = of(t)
    return value === undefined ? [] : [{ point: t.point, value }]
  })

/** log of the probability that the point keeps clear of the limit by `caution` standard deviations of the noise. */
function logAllowed({ model, min, max, doubt }: Limit, point: Point, caution: number): number {
  const { mean, sd } = model.predict(point)
  const gap = caution * model.noise
  const spread = Math.hypot(sd, doubt)
  return logCdf((mean - min - gap) / spread) + logCdf((max - mean - gap) / spread)
}
