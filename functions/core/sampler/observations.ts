/** What was told, and what it is worth: measured or not, feasible or not. Observed figures only, no model. */

import { demand, isRecord } from './input.ts'
import { keyOf, type Lattice, type Point, parseId } from './lattice.ts'
import type { Constraint, Goal, Metrics, Observation } from './types.ts'

/** One finished evaluation. `number` is the proposal's. */
export interface Told {
  readonly number: number
  readonly point: Point
  readonly metrics: Metrics | null
}

/**
 * The observations by number. Throws a `SearchInputError`, before any is taken, for one that is malformed, names no
 * proposal, or contradicts what was told before; the same outcome may be told again. An id that this search has not
 * handed out is taken if its number is free: that is how a search is resumed. `out`: points by number, still out.
 */
export function readObservations(
  lattice: Lattice,
  observations: readonly Observation[],
  told: ReadonlyMap<number, Told>,
  out: ReadonlyMap<number, Point>,
): Map<number, Told> {
  demand(Array.isArray(observations), 'observations', observations, 'tell a list')
  const news = new Map<number, Told>()
  for (const observation of observations) {
    const t = readObservation(lattice, observation)
    const before = news.get(t.number) ??
      told.get(t.number) ?? { metrics: t.metrics, point: out.get(t.number) ?? t.point }
    demand(keyOf(before.point) === keyOf(t.point), 'id', observation.id, 'no proposal of this search has this id')
    const same = sameOutcome(before.metrics, t.metrics)
    demand(same, 'id', observation.id, 'it was told before with another outcome')
    news.set(t.number, t)
  }
  return news
}

function readObservation(lattice: Lattice, observation: Observation): Told {
  const { id, metrics } = isRecord(observation) ? observation : ({} as Observation)
  const parsed = parseId(lattice, id)
  demand(parsed !== undefined, 'id', id, 'tell an id that `ask` gave for this space')
  const readable = metrics === null || isRecord(metrics)
  demand(readable, `metrics of ${id}`, metrics, 'give an object of numbers, or null for a failure')
  for (const [name, value] of Object.entries(metrics ?? {})) {
    const isValue = typeof (value ?? 0) === 'number'
    demand(isValue, `metrics.${name} of ${id}`, value, 'give a number, or null if it was not measured')
  }
  return { ...parsed, metrics: metrics && { ...metrics } }
}

function sameOutcome(a: Metrics | null, b: Metrics | null): boolean {
  if (!a || !b) return a === b
  return Object.keys({ ...a, ...b }).every((name) => Object.is(a[name] ?? null, b[name] ?? null))
}

/** The metric's value if it was measured: null, absent, NaN and infinite all read undefined, never 0. */
export function measured({ metrics }: Told, metric: string): number | undefined {
  const value = metrics && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The constraint in absolute terms, or undefined if it is relative to a baseline that was not measured. */
export function rangeOf({ metric, min = -Infinity, max = Infinity, ...rest }: Constraint, baseline: Told | undefined) {
  const origin = rest.relative_to_baseline ? baseline && measured(baseline, metric) : 0
  return origin === undefined ? undefined : { min: origin + min, max: origin + max }
}

/** Whether the objective and every constrained metric were measured; if not, the evaluation counts as failed. */
export const isMeasured = ({ objective, constraints }: Goal, told: Told): boolean =>
  [objective, ...constraints].every(({ metric }) => measured(told, metric) !== undefined)

/** Those that were measured in full and lie within every constraint, best first; equals in their order. */
export function feasibleBestFirst(goal: Goal, told: readonly Told[], baseline: Told | undefined): Told[] {
  const cost = (t: Told) => signOf(goal) * measured(t, goal.objective.metric)!
  const keeps = (t: Told) =>
    goal.constraints.every((constraint) => {
      const range = rangeOf(constraint, baseline)
      const value = measured(t, constraint.metric)!
      return range !== undefined && value >= range.min && value <= range.max
    })
  return told.filter((t) => isMeasured(goal, t) && keeps(t)).sort((a, b) => cost(a) - cost(b))
}

/** +1 if less is better, -1 if more is. */
export const signOf = ({ objective }: Goal): 1 | -1 => (objective.direction === 'decrease' ? 1 : -1)
