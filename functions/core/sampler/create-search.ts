/**
 * The ask/tell search over a declared space, by models of its metrics. Pure: what it proposes follows from its options
 * and from what it was told, never from a clock or from the order workers finish in.
 */

import { believe, type Frame } from './belief.ts'
import { makeKernels } from './gaussian-process.ts'
import { checkAsked, checkOptions } from './input.ts'
import { idOf, makeLattice, type Point, valuesOf } from './lattice.ts'
import { readObservations, type Told } from './observations.ts'
import { propose } from './propose.ts'
import type { Proposal, Search, SearchOptions } from './types.ts'

/**
 * Starts a search. Throws a `SearchInputError` that names the option for a space without points, repeated or unordered
 * values, a baseline outside the space, a constraint without a limit, or a budget too small for one proposal besides
 * the baseline. Constraints that nothing meets are no error: the search ends as any other and `best()` is null.
 *
 * Deterministic: a proposal depends on the options, on the observations told before it, in whatever order, and on which
 * points are still out. Resumable: to continue elsewhere, create the search with the same options and `tell` it the
 * observations so far; an id says by itself which proposal it was.
 */
export function createSearch(options: SearchOptions): Search {
  checkOptions(options)
  const { seed, evaluations = 500 } = options
  const lattice = makeLattice(options)
  const frame: Frame = { lattice, goal: options, kernels: makeKernels(lattice), fits: new Map() }
  const told = new Map<number, Told>()
  /** Handed out and not told. */
  const out = new Map<number, Point>()
  let next = 0
  const inOrder = () => [...told.values()].sort((a, b) => a.number - b.number)

  return {
    ask(n = 1) {
      checkAsked(n)
      const proposals: Proposal[] = []
      while (proposals.length < n && told.size + out.size < evaluations) {
        const point = propose(frame, seed, next, inOrder(), [...out.values()])
        if (!point) break
        proposals.push({ id: idOf(next, point), values: valuesOf(lattice, point) })
        out.set(next++, point)
      }
      return proposals
    },

    tell(observations) {
      for (const [number, t] of readObservations(lattice, observations, told, out)) {
        told.set(number, t)
        out.delete(number)
        next = Math.max(next, number + 1)
      }
    },

    best() {
      const best = believe(frame, inOrder()).best()
      return best && { id: idOf(best.number, best.point), values: valuesOf(lattice, best.point), metrics: best.metrics }
    },
  }
}
