/** Turns what a caller tells into what the search may believe, or refuses it with the reason. */
import { SearchInputError } from './errors.ts'
import type { Told } from './judge.ts'
import { isRecord, keyOf, type Lattice, parseId } from './lattice.ts'
import type { Observation } from './types.ts'

/** What the search knows of its points, told or still out. */
export interface Ledger {
  readonly told: ReadonlyMap<number, Told>
  /** Keys by proposal number, and back. */
  readonly keyOfNumber: ReadonlyMap<number, string>
  readonly numberOfKey: ReadonlyMap<string, number>
}

/**
 * The observations that are news. Throws a `SearchInputError`, before any is taken, for one that is malformed, names no
 * proposal, or contradicts what was told before; the same outcome told again is no news. An id this search has not
 * handed out is taken if its number and point are both free: that is how a search is resumed.
 */
export function readObservations(lattice: Lattice, observations: readonly Observation[], ledger: Ledger): Told[] {
  if (!Array.isArray(observations)) throw new SearchInputError('observations', observations, 'tell a list')
  const news = new Map<number, Told>()
  const numberOfNews = new Map<string, number>()
  for (const observation of observations) {
    const t = readObservation(lattice, observation)
    const key = keyOf(t.point)
    const before = news.get(t.number) ?? ledger.told.get(t.number)
    const keyThere = before ? keyOf(before.point) : (ledger.keyOfNumber.get(t.number) ?? key)
    const numberThere = ledger.numberOfKey.get(key) ?? numberOfNews.get(key) ?? t.number
    if (keyThere !== key || numberThere !== t.number) {
      throw new SearchInputError('id', observation.id, 'no proposal of this search has this id')
    }
    if (before && !sameOutcome(before, t)) {
      throw new SearchInputError('id', observation.id, 'it was told before with another outcome')
    }
    if (!before) {
      news.set(t.number, t)
      numberOfNews.set(key, t.number)
    }
  }
  return [...news.values()]
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
