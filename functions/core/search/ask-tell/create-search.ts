/**
 * The ask/tell search over a declared space: exact on small spaces, model-based on large ones. Pure: what it proposes
 * follows from its options and from what it was told, never from a clock or from the order workers finish in.
 */

import { checkOptions } from './check-options.ts'
import { SearchInputError } from './errors.ts'
import { feasibleBestFirst, type Told } from './judge.ts'
import { idOf, isRecord, keyOf, type Lattice, makeLattice, type Point, parseId, valuesOf } from './lattice.ts'
import { findBaseline, makeProposer } from './propose.ts'
import type { Observation, Search, SearchOptions } from './types.ts'

const EXACT_BELOW = 1000
/** Without a stated budget a model-based search ends here: more would be thoroughness it cannot promise. */
const CANDIDATES_MOST = 500

/**
 * Starts a search. Throws a `SearchInputError` that names the option for a space without points, repeated or unordered
 * values, a baseline outside the space, a constraint without a limit, or a budget too small for one proposal besides
 * the baseline. Constraints that nothing meets are no error: the search ends as any other and `best()` is null.
 *
 * Deterministic: a proposal depends on the options, on the observations of *completed* batches (an `ask` whose every
 * point was told), and on which points are still out. So the order of telling within a batch never matters.
 *
 * Resumable: to continue elsewhere, create the search with the same options and either replay the `ask`s, or just `tell`
 * it the observations so far, in any order: an id says by itself which proposal it was. Both continue like the original.
 */
export function createSearch(options: SearchOptions): Search {
  checkOptions(options)
  const lattice = makeLattice(options.space, options.baseline)
  const exact = lattice.size < (options.exact_below ?? EXACT_BELOW)
  const mostCandidates = options.budget?.candidates ?? (exact ? Infinity : CANDIDATES_MOST)
  const mostReplays = options.budget?.replays ?? Infinity
  const propose = makeProposer(lattice, options, options.seed, exact)

  const told = new Map<number, Told>()
  /** Points handed out and not told, by proposal number. */
  const out = new Map<number, Point>()
  /** Proposal numbers, batch by batch, as long as one of the batch is out. */
  let open: (readonly number[])[] = []

  const next = () => Math.max(-1, ...told.keys(), ...out.keys()) + 1
  const affordable = (): number => {
    let paid = out.size
    for (const t of told.values()) paid += t.replays
    if (told.size === 1 && out.size === 0 && paid >= mostReplays) {
      throw new SearchInputError('budget.replays', mostReplays, `use more: the first evaluation alone paid ${paid}`)
    }
    return Math.min(mostCandidates - told.size - out.size, mostReplays - paid)
  }

  return {
    ask(n = 1) {
      if (!Number.isSafeInteger(n) || n < 1) throw new SearchInputError('n', n, 'ask for at least one point')
      const count = Math.min(n, affordable())
      if (count <= 0) return []
      const held = new Set(open.flat())
      const settled = [...told.values()].filter((t) => !held.has(t.number)).sort((a, b) => a.number - b.number)
      const unsettled = [...held].map((number) => out.get(number) ?? told.get(number)!.point)
      const start = next()
      const points = propose({ told: settled, out: unsettled, next: start }, count)
      for (const [i, point] of points.entries()) out.set(start + i, point)
      if (points.length > 0) open.push(points.map((_, i) => start + i))
      return points.map((point, i) => ({ id: idOf(start + i, point), values: valuesOf(lattice, point) }))
    },

    tell(observations) {
      const accepted = checkObservations(lattice, observations, told, out)
      for (const t of accepted) {
        told.set(t.number, t)
        out.delete(t.number)
      }
      open = open.filter((batch) => batch.some((number) => out.has(number)))
    },

    best() {
      const list = [...told.values()]
      const best = feasibleBestFirst(options, list, findBaseline(lattice, list))[0]
      if (!best?.metrics) return null
      return { id: idOf(best.number, best.point), values: valuesOf(lattice, best.point), metrics: best.metrics }
    },
  }
}

/** All of the observations that are new; throws before any is taken if one is malformed or contradicts another. */
function checkObservations(
  lattice: Lattice,
  observations: readonly Observation[],
  told: ReadonlyMap<number, Told>,
  out: ReadonlyMap<number, Point>,
): Told[] {
  if (!Array.isArray(observations)) throw new SearchInputError('observations', observations, 'tell a list')
  const accepted = new Map<number, Told>()
  const numberAt = new Map([...told.values()].map((t) => [keyOf(t.point), t.number]))
  for (const [number, point] of out) numberAt.set(keyOf(point), number)
  for (const observation of observations) {
    const t = readObservation(lattice, observation)
    const known = accepted.get(t.number) ?? told.get(t.number)
    const point = known?.point ?? out.get(t.number)
    if (point ? keyOf(point) !== keyOf(t.point) : (numberAt.get(keyOf(t.point)) ?? t.number) !== t.number) {
      throw new SearchInputError('id', observation.id, 'no proposal has this id')
    }
    if (known && !sameOutcome(known, t)) {
      throw new SearchInputError('id', observation.id, 'it was told before with another outcome')
    }
    if (!known) accepted.set(t.number, t)
    numberAt.set(keyOf(t.point), t.number)
  }
  return [...accepted.values()]
}

function readObservation(lattice: Lattice, observation: Observation): Told {
  const { id, metrics, replays = 1 } = isRecord(observation) ? observation : ({} as Observation)
  const parsed = typeof id === 'string' ? parseId(lattice, id) : undefined
  if (!parsed) throw new SearchInputError('id', id, 'tell an id that `ask` gave for this space')
  if (metrics !== null && !isRecord(metrics)) {
    throw new SearchInputError(`metrics of ${id}`, metrics, 'give an object of numbers, or null for a failure')
  }
  for (const [name, value] of Object.entries(metrics ?? {})) {
    if (value !== null && value !== undefined && typeof value !== 'number') {
      throw new SearchInputError(`metrics.${name} of ${id}`, value, 'give a number, or null if it was not measured')
    }
  }
  if (!Number.isFinite(replays) || replays < 0) {
    throw new SearchInputError(`replays of ${id}`, replays, 'give the number of replays paid, 0 or more')
  }
  return { ...parsed, metrics: metrics === null ? null : { ...metrics }, replays }
}

function sameOutcome(a: Told, b: Told): boolean {
  if (a.replays !== b.replays || (a.metrics === null) !== (b.metrics === null)) return false
  const [x, y] = [a.metrics ?? {}, b.metrics ?? {}]
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((name) =>
    Object.is(x[name] ?? null, y[name] ?? null),
  )
}
