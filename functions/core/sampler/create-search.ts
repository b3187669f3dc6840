/**
 * The ask/tell search over a declared space: exact on small spaces, model-based on large ones. Pure: what it proposes
 * follows from its options and from what it was told, never from a clock or from the order workers finish in.
 */

import { checkOptions } from './check-options.ts'
import { SearchInputError } from './errors.ts'
import { feasibleBestFirst, type Told } from './judge.ts'
import { idOf, keyOf, makeLattice, type Point, valuesOf } from './lattice.ts'
import { findBaseline, makeProposer } from './propose.ts'
import { readObservations } from './read-observations.ts'
import type { Search, SearchOptions } from './types.ts'

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
  /** Every point told or handed out. */
  const numberOfKey = new Map<string, number>()
  const keyOfNumber = new Map<number, string>()
  /** Batches of which a point is still out; what was told of them waits until all of it was. */
  let open: (readonly Point[])[] = []
  let next = 0
  let paid = 0

  const enter = (number: number, point: Point): void => {
    numberOfKey.set(keyOf(point), number)
    keyOfNumber.set(number, keyOf(point))
    next = Math.max(next, number + 1)
  }
  const isOut = (point: Point): boolean => !told.has(numberOfKey.get(keyOf(point))!)

  return {
    ask(n = 1) {
      if (!Number.isSafeInteger(n) || n < 1) throw new SearchInputError('n', n, 'ask for at least one point')
      const out = numberOfKey.size - told.size
      if (told.size === 1 && out === 0 && paid >= mostReplays) {
        throw new SearchInputError('budget.replays', mostReplays, `use more: the first evaluation alone paid ${paid}`)
      }
      const count = Math.min(n, mostCandidates - numberOfKey.size, Math.ceil(mostReplays - paid - out))
      if (count <= 0) return []
      const unsettled = open.flat()
      const waiting = new Set(unsettled.map((point) => numberOfKey.get(keyOf(point))))
      const settled = [...told.values()].filter((t) => !waiting.has(t.number)).sort((a, b) => a.number - b.number)
      const points = propose({ told: settled, out: unsettled, taken: numberOfKey, next }, count)
      if (points.length > 0) open.push(points)
      return points.map((point) => {
        const id = idOf(next, point)
        enter(next, point)
        return { id, values: valuesOf(lattice, point) }
      })
    },

    tell(observations) {
      for (const t of readObservations(lattice, observations, { told, keyOfNumber, numberOfKey })) {
        told.set(t.number, t)
        enter(t.number, t.point)
        paid += t.replays
      }
      open = open.filter((batch) => batch.some(isOut))
    },

    best() {
      const list = [...told.values()]
      const best = feasibleBestFirst(options, list, findBaseline(lattice, list))[0]
      if (!best?.metrics) return null
      return { id: idOf(best.number, best.point), values: valuesOf(lattice, best.point), metrics: { ...best.metrics } }
    },
  }
}
