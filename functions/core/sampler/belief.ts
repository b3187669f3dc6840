/**
 * What the observations make one believe, as one number a point: how much improvement to expect there, times how likely
 * it is allowed (constrained expected improvement: Schonlau, Welch and Jones, 1998; Gardner and others, 2014).
 */

import type { FieldKernel } from './gaussian-process.ts'
import { distance, type Lattice, type Point } from './lattice.ts'
import { type FitMemo, type MetricModel, modelMetric, modelSign, type Row } from './metric-model.ts'
import { logCdf, logExpectedImprovement } from './normal.ts'
import { feasibleBestFirst, isMeasured, measured, rangeOf, type Seen, signOf } from './observations.ts'
import type { Constraint, Goal, Metrics } from './types.ts'

/** What a proposal is after. */
export interface Mood {
  /** Standard deviations of the noise to keep clear of every limit. */
  readonly caution: number
  /** The likeliest improvement, however small, instead of the greatest to be expected. */
  readonly sure: boolean
}

/**
 * Taken in turn. Great hopes alone overlook the small step that is nearly certain (measured: it makes the difference in
 * the few worlds where the search ended 3 % off); and under noise, where the edge runs is itself in doubt, so that some
 * proposals stay inside it. Without noise caution changes nothing.
 */
export const MOODS: readonly Mood[] = [
  { caution: 0, sure: false },
  { caution: 0, sure: true },
  { caution: 1, sure: false },
  { caution: 2, sure: false },
]

export interface Belief {
  /** Points observed to be feasible, best first. */
  readonly leaders: readonly Seen[]
  /** Logarithm of the promise; -Infinity as soon as it is clear that it falls short of `atLeast`. */
  promise(point: Point, mood: Mood, atLeast: number): number
  /** What to expect of a leader when it is measured again; null if it may well break a limit. */
  expected(leader: Seen): Metrics | null
}

/** What belongs to a search for good; `memo` holds its fits. */
export interface Frame {
  readonly lattice: Lattice
  readonly goal: Goal
  readonly kernels: readonly FieldKernel[]
  readonly memo: FitMemo
}

interface Limit {
  readonly metric: string | null
  readonly model: MetricModel
  readonly min: number
  readonly max: number
}

/** A model is conditioned on this many of the most telling observations: enough nearby, and time stays bounded. */
const NEAR_MOST = 64
/** A bit tells so little that more are needed. */
const BITS_MOST = 128
/** In deviations of the objective: less is no improvement, and would be sought in fields that do nothing. */
const LEAST_GAIN = 0.01
/** A point whose chance falls below this on any one limit is no mark to beat; one exactly on its limit has a half. */
const BELIEVED = Math.log(0.45)
/** The chance of keeping its limits that the best has to have where the metric of a limit is noisy. */
const CONFIDENT = Math.log(0.8)

/** `out`: points handed out and not told yet, taken for evaluated as predicted, so that the next one lies elsewhere. */
export function believe({ lattice, goal, kernels, memo }: Frame, seen: readonly Seen[], out: readonly Point[]): Belief {
  const baseline = seen.find((s) => distance(lattice, s.point, lattice.baseline) === 0)
  const leaders = feasibleBestFirst(goal, seen, baseline)
  const centre = leaders[0]?.point ?? lattice.baseline
  // The nearest to the best tell most, and the baseline, on which relative limits rest.
  const near = seen
    .map((s) => ({ s, far: s === baseline ? -1 : distance(lattice, s.point, centre) }))
    .sort((a, b) => a.far - b.far || a.s.number - b.s.number)
    .map(({ s }) => s)

  const withOut = (rows: readonly Row[], condition: (rows: readonly Row[]) => MetricModel): MetricModel => {
    const model = condition(rows)
    if (out.length === 0) return model
    const assumed = out.map((point) => ({ point, value: model.outward(model.predict(point).mean) }))
    return condition([...rows, ...assumed])
  }
  const models = new Map<string, MetricModel>()
  const learnMetric = (metric: string): MetricModel | undefined => {
    const rows = rowsOf(seen, (s) => measured(s.metrics, metric))
    if (rows.length === 0 || models.has(metric)) return models.get(metric)
    const nearRows = rowsOf(near.slice(0, NEAR_MOST), (s) => measured(s.metrics, metric))
    const model = withOut(nearRows, (all) => modelMetric(kernels, metric, rows, all, memo))
    models.set(metric, model)
    return model
  }
  /** A limit learned from which points lie beyond it, if some do and some do not. */
  const learnBits = (keeps: (s: Seen) => boolean | undefined): Limit | undefined => {
    const bit = (s: Seen) => (keeps(s) === undefined ? undefined : keeps(s) ? 1 : -1)
    if (new Set(rowsOf(seen, bit).map((row) => row.value)).size < 2) return undefined
    const model = withOut(rowsOf(near.slice(0, BITS_MOST), bit), (all) => modelSign(kernels, all))
    return { metric: null, model, min: 0, max: Infinity }
  }
  const learnLimit = (constraint: Constraint): Limit | undefined => {
    const { metric, relative_to_baseline } = constraint
    const range = rangeOf(constraint, baseline)
    if (!range) return undefined
    const margin = (s: Seen) => {
      const y = measured(s.metrics, metric)
      return y === undefined ? undefined : Math.min(y - range.min, range.max - y)
    }
    // Often exactly on its limit, never strictly within: a clamp (`max(0, .62 - a) <= 0`), a count of violations, a pass
    // or fail. A process through the flat part would call it a coin toss everywhere, so it is read as a bit.
    const margins = rowsOf(seen, margin).map((row) => row.value)
    if (margins.length > 0 && margins.reduce((a, b) => Math.max(a, b)) === 0) {
      return learnBits((s) => (margin(s) === undefined ? undefined : margin(s) === 0))
    }
    const model = learnMetric(metric)
    if (!model) return undefined
    // Under noise the baseline's one observation is a poor origin; the model's opinion of it is a better one.
    const shift = relative_to_baseline
      ? model.outward(model.predict(baseline!.point).mean) - measured(baseline!.metrics, metric)!
      : 0
    const side = (limit: number) => (Number.isFinite(limit) ? model.inward(limit + shift) : limit)
    return { metric, model, min: side(range.min), max: side(range.max) }
  }
  const target = learnMetric(goal.objective.metric)
  const failure = learnBits((s) => isMeasured(goal, s))
  const limits = [...goal.constraints.map(learnLimit), failure].filter((limit) => limit !== undefined)

  const sign = signOf(goal)
  /** By caution: the lowest cost believed to be allowed, which is what there is to improve on. */
  const marks = [Infinity, Infinity, Infinity]
  for (const { point } of [
    ...near.slice(0, NEAR_MOST).filter((s) => isMeasured(goal, s)),
    ...out.map((point) => ({ point })),
  ]) {
    const cost = target ? sign * target.predict(point).mean : Infinity
    for (const caution of marks.keys()) {
      const allowed = cost < marks[caution]! && limits.every((limit) => logAllowed(limit, point, caution) >= BELIEVED)
      if (allowed) marks[caution] = cost
    }
  }
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
    expected({ point, metrics }) {
      const doubtful = limits.filter(({ metric, model }) => metric !== null && model.noise > 0)
      if (doubtful.reduce((sum, limit) => sum + logAllowed(limit, point, 0), 0) < CONFIDENT) return null
      const noisy = [...models].filter(([, model]) => model.noise > 0)
      const means = noisy.map(([name, model]) => [name, model.outward(model.predict(point).mean)])
      return { ...metrics, ...Object.fromEntries(means) }
    },
  }
}

const rowsOf = (seen: readonly Seen[], value: (s: Seen) => number | undefined): Row[] =>
  seen.flatMap((s) => {
    const y = value(s)
    return y === undefined ? [] : [{ point: s.point, value: y }]
  })

/** log of the probability that the point keeps clear of the limit by `caution` standard deviations of the noise. */
function logAllowed({ model, min, max }: Limit, point: Point, caution: number): number {
  const { mean, sd } = model.predict(point)
  const gap = caution * model.noise
  return logCdf((mean - min - gap) / sd) + logCdf((max - mean - gap) / sd)
}
