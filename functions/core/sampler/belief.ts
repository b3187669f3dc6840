/**
 * What the observations make one believe, as one number a point: how much improvement to expect there, times how likely
 * it is allowed (constrained expected improvement: Schonlau, Welch and Jones, 1998; Gardner and others, 2014).
 */

import { logCdf, logExpectedImprovement } from '../statistics/normal.ts'
import type { Row } from './gaussian-process.ts'
import { distance, type Lattice, type Point } from './lattice.ts'
import type { MetricModel, Models } from './metric-model.ts'
import { costOf, feasibleBestFirst, isMeasured, marginOf, measured, rangeOf, type Told } from './observations.ts'
import type { Constraint, Goal, Metrics } from './types.ts'

/**
 * What proposals are after, taken in turn: `caution` is how many standard deviations of the noise to keep clear of every
 * limit, `sure` asks for the likeliest improvement, however small, instead of the greatest to be expected. Great hopes
 * alone overlook the small step that is nearly certain; and under noise, where the edge runs is itself in doubt.
 */
const MOODS = [
  { caution: 0, sure: false },
  { caution: 0, sure: true },
  { caution: 1, sure: false },
  { caution: 2, sure: false },
]

export type Belief = ReturnType<typeof believe>

/** What belongs to a search for good. */
export interface Frame {
  readonly lattice: Lattice
  readonly goal: Goal
  readonly models: Models
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
export function believe({ lattice, goal, models }: Frame, told: readonly Told[]) {
  const homes = told.filter((t) => distance(lattice, t.point, lattice.baseline) === 0)
  const baseline = homes.find((t) => isMeasured(goal, t)) ?? homes[0]
  const leaders = feasibleBestFirst(goal, told, baseline)
  const centre = leaders[0]?.point ?? lattice.baseline
  // The nearest to the best tell most, and the baseline, on which relative limits rest.
  const far = (t: Told) => (t === baseline ? -1 : distance(lattice, t.point, centre))
  const near = told.toSorted((a, b) => far(a) - far(b)).slice(0, NEAR_MOST)

  const learned = new Map<string, MetricModel>()
  const learnMetric = (metric: string): MetricModel | undefined => {
    const value = (t: Told) => measured(t, metric)
    const rows = rowsOf(told, value)
    if (rows.length > 0 && !learned.has(metric)) learned.set(metric, models.metric(rows, rowsOf(near, value)))
    return learned.get(metric)
  }
  /** A limit learned from which points keep it (1) and which do not (-1), if there are both. */
  const learnBits = (bit: (t: Told) => number): Limit[] => {
    if (new Set(rowsOf(told, bit).map((row) => row.value)).size < 2) return []
    return [{ model: models.sign(rowsOf(near, bit)), min: 0, max: Infinity, doubt: 0 }]
  }
  const learnLimit = (constraint: Constraint): Limit[] => {
    const range = rangeOf(constraint, baseline)
    const margin = (t: Told) => marginOf(constraint, baseline, t)
    const margins = rowsOf(told, margin).map(({ value }) => value)
    const model = margins.length > 0 && learnMetric(constraint.metric)
    if (!model) return []
    // Never strictly within its limit, only on it: a clamp (`max(0, .62 - a) <= 0`), a count of violations, a pass or
    // fail. A process through the flat part would call it a coin toss everywhere, so it is read as a bit.
    if (margins.reduce((most, value) => Math.max(most, value)) === 0) {
      return learnBits((t) => (margin(t) < 0 ? -1 : 1 + margin(t)))
    }
    // Under noise the baseline's one observation is a poor origin; the model's opinion of it is a better one.
    const home = constraint.relative_to_baseline && model.noise > 0 ? baseline : undefined
    const opinion = home && model.predict(home.point)
    const shift = opinion ? model.outward(opinion.mean) - measured(home, constraint.metric) : 0
    const side = (limit: number) => (Number.isFinite(limit) ? model.inward(limit + shift) : limit)
    return [{ model, min: side(range.min), max: side(range.max), doubt: opinion?.sd ?? 0 }]
  }
  const target = learnMetric(goal.objective.metric)
  const limits = [...goal.constraints.flatMap(learnLimit), ...learnBits((t) => (isMeasured(goal, t) ? 1 : -1))]
  const sign = goal.objective.direction === 'decrease' ? 1 : -1

  return {
    /** Points observed to be feasible, best first. */
    leaders,
    /** Logarithm of what a point promises proposal `number`. */
    promise(number: number): (point: Point) => number {
      const { caution, sure } = MOODS[number % MOODS.length]!
      const allowed = near.filter(
        (t) => isMeasured(goal, t) && limits.every((limit) => logAllowed(limit, t.point, caution) >= BELIEVED),
      )
      /** The lowest cost believed to be allowed, which is what there is to improve on. */
      const mark = allowed.reduce((least, t) => Math.min(least, sign * target!.predict(t.point).mean), Infinity)
      return (point) => {
        let sum = 0
        // As long as nothing allowed is known, the promise is the chance alone of being allowed.
        if (target && mark < Infinity) {
          const { mean, sd } = target.predict(point)
          const z = (mark - LEAST_GAIN - sign * mean) / sd
          sum = sure ? logCdf(z) : logExpectedImprovement(z) + Math.log(sd)
        }
        return limits.reduce((all, limit) => all + logAllowed(limit, point, caution), sum)
      }
    },
    /** The leader of the best objective to be expected, as `Search.best` says, with the metrics to be expected. */
    best(): (Told & { readonly metrics: Metrics }) | null {
      const doubtful = limits.filter(({ model }) => model.noise > 0)
      const noisy = [...learned].filter(([, model]) => model.noise > 0)
      const claims = leaders
        .filter(({ point }) => doubtful.reduce((sum, limit) => sum + logAllowed(limit, point, 0), 0) >= CONFIDENT)
        .map((t) => {
          const means = noisy.map(([name, model]) => [name, model.outward(model.predict(t.point).mean)] as const)
          return { ...t, metrics: { ...t.metrics, ...Object.fromEntries(means) } }
        })
      return claims.sort((a, b) => costOf(goal, a) - costOf(goal, b))[0] ?? null
    },
  }
}

const rowsOf = (told: readonly Told[], of: (t: Told) => number): Row[] =>
  told.map((t) => ({ point: t.point, value: of(t) })).filter(({ value }) => !Number.isNaN(value))

/** log of the probability that the point keeps clear of the limit by `caution` standard deviations of the noise. */
function logAllowed({ model, min, max, doubt }: Limit, point: Point, caution: number): number {
  const { mean, sd } = model.predict(point)
  const gap = caution * model.noise
  const spread = Math.hypot(sd, doubt)
  return logCdf((mean - min - gap) / spread) + logCdf((max - mean - gap) / spread)
}
