/** What an observation is worth: measured or not, feasible or not, better or worse. Observed figures only, no model. */
import type { Point } from './lattice.ts'
import type { Constraint, Metrics, Objective } from './types.ts'

/** One finished evaluation. `number` is the proposal's; lists of these are kept in its order. */
export interface Told {
  readonly number: number
  readonly point: Point
  readonly metrics: Metrics | null
  readonly replays: number
}

export interface Goal {
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
}

/** An absolute range; an open side is infinite. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** The metric's value if it was measured: null, absent, NaN and infinite all read undefined, never 0. */
export function measured(metrics: Metrics | null | undefined, metric: string): number | undefined {
  if (!metrics || !Object.hasOwn(metrics, metric)) return undefined
  const value = metrics[metric]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The constraint in absolute terms, or undefined if it is relative to a baseline that was not measured. */
export function rangeOf(constraint: Constraint, baseline: Told | undefined): Range | undefined {
  const origin = constraint.relative_to_baseline ? measured(baseline?.metrics, constraint.metric) : 0
  if (origin === undefined) return undefined
  return {
    min: constraint.min === undefined ? -Infinity : origin + constraint.min,
    max: constraint.max === undefined ? Infinity : origin + constraint.max,
  }
}

/** Whether the objective and every constrained metric were measured; if not, the evaluation counts as failed. */
export function isMeasured(goal: Goal, told: Told): boolean {
  return [goal.objective, ...goal.constraints].every(({ metric }) => measured(told.metrics, metric) !== undefined)
}

/** Measured in full and within every constraint. */
export function isFeasible(goal: Goal, told: Told, baseline: Told | undefined): boolean {
  if (!isMeasured(goal, told)) return false
  return goal.constraints.every((constraint) => {
    const value = measured(told.metrics, constraint.metric)!
    const range = rangeOf(constraint, baseline)
    return range !== undefined && value >= range.min && value <= range.max
  })
}

/** +1 if less is better, -1 if more is. */
export const signOf = (objective: Objective): 1 | -1 => (objective.direction === 'decrease' ? 1 : -1)

/** The feasible ones, best first; equals in the order they were proposed. */
export function feasibleBestFirst(goal: Goal, told: readonly Told[], baseline: Told | undefined): Told[] {
  const cost = (t: Told) => signOf(goal.objective) * measured(t.metrics, goal.objective.metric)!
  return told.filter((t) => isFeasible(goal, t, baseline)).sort((a, b) => cost(a) - cost(b) || a.number - b.number)
}
