/** How likely a point meets each constraint, learned from the observations; the constraint's kind decides how. */
import { type Goal, isMeasured, measured, rangeOf, type Told } from './judge.ts'
import type { FieldKernel } from './kernel.ts'
import type { Point } from './lattice.ts'
import { type FitMemo, type MetricModel, modelMetric, modelSign, type Row } from './metric-model.ts'
import { logCdf, meanAbove } from './normal.ts'

/** What is known, and where the models may keep their fits. */
export interface Evidence {
  readonly goal: Goal
  readonly kernels: readonly FieldKernel[]
  /** All that may be used, in proposal order. */
  readonly told: readonly Told[]
  /** The same, the most telling first. */
  readonly near: readonly Told[]
  readonly baseline: Told | undefined
  readonly memo: FitMemo
}

/** A model is conditioned on this many of the most telling observations: enough nearby, and time stays bounded. */
export const NEAR_MOST = 64
/** A bit tells so little that many more are needed. */
const BITS_MOST = 160

export interface Limit {
  readonly model: MetricModel
  /**
   * log of the probability that the point is allowed, and keeps clear of the limit by `caution` standard deviations of
   * the noise; with a `depth` (see `Process`) an upper bound of it.
   */
  logAllowed(point: Point, caution: number, depth?: number): number
}

const rowsOf = (told: readonly Told[], value: (t: Told) => number | undefined): Row[] =>
  told.flatMap((t) => {
    const y = value(t)
    return y === undefined ? [] : [{ number: t.number, point: t.point, value: y }]
  })

/** One limit for each constraint there is anything to say about, and one for evaluations that fail. */
export function learnLimits(evidence: Evidence, shared: ReadonlyMap<string, MetricModel>): Limit[] {
  const models = new Map(shared)
  const limits = evidence.goal.constraints.flatMap((_, i) => limitOf(evidence, i, models) ?? [])
  const failure = failureLimit(evidence)
  return failure ? [...limits, failure] : limits
}

/** A metric's model from what was measured of it; undefined if nothing was. */
export function learnMetric(evidence: Evidence, metric: string): MetricModel | undefined {
  return learnRows(evidence, `metric ${metric}`, (t) => measured(t.metrics, metric))
}

function learnRows(evidence: Evidence, slot: string, value: (t: Told) => number | undefined): MetricModel | undefined {
  const rows = rowsOf(evidence.told, value)
  if (rows.length === 0) return undefined
  return modelMetric(evidence.kernels, slot, rows, rowsOf(evidence.near.slice(0, NEAR_MOST), value), evidence.memo)
}

function limitOf(evidence: Evidence, index: number, models: Map<string, MetricModel>): Limit | undefined {
  const constraint = evidence.goal.constraints[index]!
  const { metric } = constraint
  const range = rangeOf(constraint, evidence.baseline)
  if (!range) return undefined
  const margin = (t: Told): number | undefined => {
    const y = measured(t.metrics, metric)
    return y === undefined ? undefined : Math.min(y - range.min, range.max - y)
  }
  const margins = new Set(rowsOf(evidence.told, margin).map((row) => row.value))
  if (Math.max(...margins) === 0) return wallLimit(evidence, `wall ${index}`, margin, margins)

  const model = models.get(metric) ?? learnMetric(evidence, metric)
  if (!model) return undefined
  models.set(metric, model)
  // Under noise the baseline's one observation is a poor origin; the model's opinion of it is a better one.
  const origin = constraint.relative_to_baseline ? evidence.baseline : undefined
  const shift = origin ? model.outward(model.predict(origin.point).mean) - measured(origin.metrics, metric)! : 0
  const min = range.min === -Infinity ? -Infinity : model.inward(range.min + shift)
  const max = range.max === Infinity ? Infinity : model.inward(range.max + shift)
  return within(model, min, max, model.noise)
}

/**
 * A metric that never lies strictly within its limit but often exactly on it: a clamp (`max(0, .62 - a) <= 0`), a count
 * of violations, a pass or fail. A process through the flat part would call it a coin toss everywhere. So the flat part
 * is read as censored (Tobin, 1958): what lies on the limit is taken for what the slope below it leads one to expect,
 * given that it lies beyond.
 */
function wallLimit(
  evidence: Evidence,
  slot: string,
  margin: (t: Told) => number | undefined,
  margins: ReadonlySet<number>,
): Limit | undefined {
  if (margins.size === 1) return undefined // nothing has ever broken it: there is no slope to learn
  const near = rowsOf(evidence.near.slice(0, NEAR_MOST), margin)
  if (margins.size === 2) {
    const sides = rowsOf(evidence.near.slice(0, BITS_MOST), margin).map((row) => ({
      ...row,
      value: row.value === 0 ? 1 : -1,
    }))
    return within(modelSign(evidence.kernels, sides), 0, Infinity)
  }
  const broken = rowsOf(evidence.told, margin).filter((row) => row.value < 0)
  const model = (rows: readonly Row[]) => modelMetric(evidence.kernels, slot, broken, rows, evidence.memo)
  const slope = model(near.filter((row) => row.value < 0))
  const limit = slope.inward(0)
  const beyond = (point: Point): number => {
    const { mean, sd } = slope.predict(point)
    return slope.outward(mean + sd * meanAbove((limit - mean) / sd))
  }
  const full = model(near.map((row) => (row.value < 0 ? row : { ...row, value: beyond(row.point) })))
  return within(full, limit, Infinity)
}

/** Where evaluations fail: 1 for a failure, 0 for none, allowed below a half. */
function failureLimit(evidence: Evidence): Limit | undefined {
  const failed = (t: Told) => (isMeasured(evidence.goal, t) ? 0 : 1)
  const failures = evidence.told.reduce((sum, t) => sum + failed(t), 0)
  if (failures === 0 || failures === evidence.told.length) return undefined
  const sides = rowsOf(evidence.near.slice(0, BITS_MOST), (t) => 1 - 2 * failed(t))
  return within(modelSign(evidence.kernels, sides), 0, Infinity)
}

/** The limit `min..max` on the model's scale; `clear` is what one unit of caution keeps clear of either side. */
function within(model: MetricModel, min: number, max: number, clear = 0): Limit {
  return {
    model,
    logAllowed(point, caution, depth) {
      const { mean, sd } = model.predict(point, depth)
      // Doubt hurts a mean that is inside and helps one that is outside: only the latter bounds from above.
      const side = (z: number) => (z === Infinity || (depth !== undefined && z > 0) ? 0 : logCdf(z))
      const gap = caution * clear
      return side((mean - min - gap) / sd) + side((max - mean - gap) / sd)
    },
  }
}
