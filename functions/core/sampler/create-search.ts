/**
 * The ask/tell search over a declared space, by models of its metrics. Pure: what it proposes follows from its options
 * and from what it was told, never from a clock or from the order workers finish in.
 */

import { believe, type Frame } from './belief.ts'
import { makeKernels } from './gaussian-process.ts'
import { atLeast, checkOptions } from './input.ts'
import { idOf, makeLattice, type Point, valuesOf } from './lattice.ts'
import { pool, readObservations, signOf, type Told } from './observations.ts'
import { propose } from './propose.ts'
import type { Best, Proposal, Search, SearchOptions } from './types.ts'

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
  const frame: Frame = { lattice, goal: options, kernels: makeKernels(lattice), memo: new Map() }
  const told = new Map<number, Told>()
  /** Handed out and not told. */
  const out = new Map<number, Point>()
  let next = 0

  return {
    ask(n = 1) {
      atLeast('n', n, 1, 'at least 1: how many points to propose')
      const seen = pool(told.values())
      const proposals: Proposal[] = []
      while (proposals.length < n && told.size + out.size < evaluations) {
        const point = propose(frame, seed, next, seen, [...out.values()])
        if (!point) break
        proposals.push({ id: idOf(next, point), values: valuesOf(lattice, point) })
        out.set(next++, point)
      }
      return proposals
    },

    tell(observations) {
      for (const t of readObservations(lattice, observations, told, out)) {
        told.set(t.number, t)
        out.delete(t.number)
        next = Math.max(next, t.number + 1)
      }
    },

    best() {
      const belief = believe(frame, pool(told.values()), [])
      let best: Best | null = null
      let least = Infinity
      for (const leader of belief.leaders) {
        const metrics = belief.expected(leader)
        const cost = metrics ? signOf(options) * metrics[options.objective.metric]! : Infinity
        if (cost >= least) continue
        least = cost
        best = { id: idOf(leader.number, leader.point), values: valuesOf(lattice, leader.point), metrics: metrics! }
      }
      return best
    },
  }
}
