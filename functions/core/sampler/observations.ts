/** What was told, and what it is worth: measured or not, feasible or not. Observed figures only, no model. */

import { isRecord, SearchInputError } from './input.ts'
import { keyOf, type Lattice, type Point, parseId } from './lattice.ts'
import type { Constraint, Goal, Metrics, Observation } from './types.ts'

/** One finished evaluation. `number` is the proposal's. */
export interface Told {
  readonly number: number
  readonly point: Point
  readonly metrics: Metrics | null
}

/** All evaluations of one point; `metrics` are means of what was measured, null if all of them failed. */
export interface Seen extends Told {
  readonly tries: number
}

/**
 * The observations that are news. Throws a `SearchInputError`, before any is taken, for one that is malformed, names no
 * proposal, or contradicts what was told before; the same outcome told again is no news. An id that this search has not
 * handed out is taken if its number is free: that is how a search is resumed. `out`: points by number, still out.
 */
export function readObservations(
  lattice: Lattice,
  observations: readonly Observation[],
  told: ReadonlyMap<number, Told>,
  out: ReadonlyMap<number, Point>,
): Told[] {
  if (!Array.isArray(observations)) throw new SearchInputError('observations', observations, 'tell a list')
  const news = new Map<number, Told>()
  for (const observation of observations) {
    const t = readObservation(lattice, observation)
    const before = news.get(t.number) ?? told.get(t.number)
    if (keyOf(before?.point ?? out.get(t.number) ?? t.point) !== keyOf(t.point)) {
      throw new SearchInputError('id', observation.id, 'no proposal of this search has this id')
    }
    if (before && !sameOutcome(before.metrics, t.metrics)) {
      throw new SearchInputError('id', observation.id, 'it was told before with another outcome')
    }
    if (!before) news.set(t.number, t)
  }
  return [...news.values()]
}

function readObservation(lattice: Lattice, observation: Observation): Told {
  const { id, metrics } = isRecord(observation) ? observation : ({} as Observation)
  const parsed = parseId(lattice, id)
  if (!parsed) throw new SearchInputError('id', id, 'tell an id that `ask` gave for this space')
  if (metrics !== null && !isRecord(metrics)) {
    throw new SearchInputError(`metrics of ${id}`, metrics, 'give an object of numbers, or null for a failure')
  }
  for (const [name, value] of Object.entries(metrics ?? {})) {
    if (typeof (value ?? 0) !== 'number') {
      throw new SearchInputError(`metrics.${name} of ${id}`, value, 'give a number, or null if it was not measured')
    }
  }
  return { ...parsed, metrics: metrics && { ...metrics } }
}

function sameOutcome(a: Metrics | null, b: Metrics | null): boolean {
  if (!a || !b) return a === b
  return Object.keys({ ...a, ...b }).every((name) => Object.is(a[name] ?? null, b[name] ?? null))
}

/** Each point once, in the order of the first proposal. */
export function pool(told: Iterable<Told>): Seen[] {
  const groups = new Map<string, Told[]>()
  for (const t of [...told].sort((a, b) => a.number - b.number)) {
    const key = keyOf(t.point)
    groups.set(key, [...(groups.get(key) ?? []), t])
  }
  return [...groups.values()].map((group) => {
    const done = group.flatMap((t) => (t.metrics ? [t.metrics] : []))
    return { ...group[0]!, tries: group.length, metrics: done.length > 1 ? meansOf(done) : (done[0] ?? null) }
  })
}

function meansOf(done: readonly Metrics[]): Metrics {
  const names = Object.keys(Object.assign({}, ...done))
  const mean = (name: string) => {
    const values = done.flatMap((metrics) => measured(metrics, name) ?? [])
    return values.length > 0 ? values.reduce((sum, y) => sum + y / values.length, 0) : null
  }
  return Object.fromEntries(names.map((name) => [name, mean(name)]))
}

/** The metric's value if it was measured: null, absent, NaN and infinite all read undefined, never 0. */
export function measured(metrics: Metrics | null | undefined, metric: string): number | undefined {
  const value = metrics && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The constraint in absolute terms, or undefined if it is relative to a baseline that was not measured. */
export function rangeOf({ metric, min = -Infinity, max = Infinity, ...rest }: Constraint, baseline: Seen | undefined) {
  const origin = rest.relative_to_baseline ? measured(baseline?.metrics, metric) : 0
  return origin === undefined ? undefined : { min: origin + min, max: origin + max }
}

/** Whether the objective and every constrained metric were measured; if not, the evaluation counts as failed. */
export const isMeasured = ({ objective, constraints }: Goal, { metrics }: Told): boolean =>
  [objective, ...constraints].every(({ metric }) => measured(metrics, metric) !== undefined)

/** Those that were measured in full and lie within every constraint, best first; equals in the order of proposal. */
export function feasibleBestFirst(goal: Goal, seen: readonly Seen[], baseline: Seen | undefined): Seen[] {
  const cost = (s: Seen) => signOf(goal) * measured(s.metrics, goal.objective.metric)!
  const allowed = (s: Seen) =>
    goal.constraints.every((constraint) => {
      const value = measured(s.metrics, constraint.metric)!
      const range = rangeOf(constraint, baseline)
      return range !== undefined && value >= range.min && value <= range.max
    })
  return seen.filter((s) => isMeasured(goal, s) && allowed(s)).sort((a, b) => cost(a) - cost(b) || a.number - b.number)
}

/** +1 if less is better, -1 if more is. */
export const signOf = ({ objective }: Goal): 1 | -1 => (objective.direction === 'decrease' ? 1 : -1)
