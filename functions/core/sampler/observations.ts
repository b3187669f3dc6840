/** What was told, and what it is worth: measured or not, feasible or not. Observed figures only, no model. */

import { canonical } from '../canonical.ts'
import { demand, isRecord } from './input.ts'
import { keyOf, type Lattice, type Point, parseId } from './lattice.ts'
import type { Constraint, Goal, Metrics, Observation } from './types.ts'

/** One finished evaluation. `number` is the proposal's. */
export interface Told {
  readonly number: number
  readonly point: Point
  readonly metrics: Metrics | null
}

/** A proposal that was handed out; `metrics` is undefined until they are told. */
export type Handed = Omit<Told, 'metrics'> & Partial<Told>

export const isTold = (handed: Handed): handed is Told => handed.metrics !== undefined

/**
 * Takes observations into the proposals by number. Throws a RangeError, with none taken, for one that is
 * malformed, names no proposal, or contradicts what was told before; the same outcome may be told again. An id that this
 * search has not handed out is taken if its number is free: that is how a search is resumed.
 */
export function takeIn(lattice: Lattice, handed: Map<number, Handed>, observations: readonly Observation[]): void {
  demand(Array.isArray(observations), 'observations', observations, 'tell a list')
  const news = new Map<number, Told>()
  for (const observation of observations) {
    const told = readObservation(lattice, observation)
    const { point, metrics = told.metrics } = news.get(told.number) ?? handed.get(told.number) ?? told
    demand(keyOf(point) === keyOf(told.point), 'id', observation.id, 'no proposal of this search has this id')
    const same = canonical(metrics) === canonical(told.metrics)
    demand(same, 'id', observation.id, 'it was told before with another outcome')
    news.set(told.number, told)
  }
  for (const [number, told] of news) handed.set(number, told)
}

function readObservation(lattice: Lattice, observation: Observation): Told {
  const { id, metrics } = isRecord(observation) ? observation : ({} as Observation)
  const parsed = parseId(lattice, id)
  demand(parsed !== undefined, 'id', id, 'tell an id that `ask` gave for this space')
  if (metrics === null) return { ...parsed, metrics }
  demand(isRecord(metrics), `metrics of ${id}`, metrics, 'give an object of numbers, or null for a failure')
  const read = Object.entries(metrics).map(([name, value]) => {
    const isValue = typeof (value ?? 0) === 'number'
    demand(isValue, `metrics.${name} of ${id}`, value, 'give a number, or null if it was not measured')
    return [name, Number.isFinite(value) ? value : null]
  })
  return { ...parsed, metrics: Object.fromEntries(read) }
}

/** The metric's value; NaN, with which no comparison holds, if it was not measured. */
export const measured = (told: Told | undefined, metric: string): number => {
  const value = told?.metrics?.[metric]
  return typeof value === 'number' ? value : Number.NaN
}

/** Whether the objective and every constrained metric were measured; if not, the evaluation counts as failed. */
export const isMeasured = ({ objective, constraints }: Goal, told: Told): boolean =>
  [objective, ...constraints].every(({ metric }) => Number.isFinite(measured(told, metric)))

/** What is to be made small. */
export const costOf = ({ objective: { direction, metric } }: Goal, told: Told): number =>
  (direction === 'decrease' ? 1 : -1) * measured(told, metric)

/** What a constraint allows, in absolute terms. */
export function rangeOf({ metric, min = -Infinity, max = Infinity, ...rest }: Constraint, baseline: Told | undefined) {
  const origin = rest.relative_to_baseline ? measured(baseline, metric) : 0
  return { min: origin + min, max: origin + max }
}

/** How far within a constraint an observation lies: 0 on its limit, less beyond it. */
export function marginOf(constraint: Constraint, baseline: Told | undefined, told: Told): number {
  const { min, max } = rangeOf(constraint, baseline)
  const value = measured(told, constraint.metric)
  return Math.min(value - min, max - value)
}

/** Those that were measured in full and lie within every constraint, best first; equals in their order. */
export const feasibleBestFirst = (goal: Goal, told: readonly Told[], baseline: Told | undefined): Told[] =>
  told
    .filter((t) => isMeasured(goal, t) && goal.constraints.every((c) => marginOf(c, baseline, t) >= 0))
    .sort((a, b) => costOf(goal, a) - costOf(goal, b))
