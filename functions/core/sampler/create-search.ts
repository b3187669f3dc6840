/**
 * The ask/tell search over a declared space, by models of its metrics. Pure: what it proposes follows from its options
 * and from what it was told, never from a clock or from the order workers finish in.
 */

import { requireInteger } from '../statistics/range.ts'
import { believe, type Frame } from './belief.ts'
import { checkOptions } from './input.ts'
import { idOf, makeLattice, valuesOf } from './lattice.ts'
import { makeModels } from './metric-model.ts'
import { type Handed, isTold, takeIn } from './observations.ts'
import { propose } from './propose.ts'
import type { Proposal, Search, SearchOptions } from './types.ts'

/**
 * Starts a search. Constraints that nothing meets are no error: it ends as any other and `best()` is null.
 *
 * Deterministic: a proposal depends on the options, on the observations told before it, in whatever order, and on which
 * points are still out. Resumable: to continue elsewhere, create the search with the same options and `tell` it the
 * observations so far; an id says by itself which proposal it was.
 * @throws RangeError that names the option at fault, as `ask` and `tell` do for what they are given
 */
export function createSearch(options: SearchOptions): Search {
  checkOptions(options)
  const { seed, evaluations = 500 } = options
  const lattice = makeLattice(options)
  const frame: Frame = { lattice, goal: options, models: makeModels(lattice) }
  const handed = new Map<number, Handed>()
  const inOrder = () => [...handed.values()].sort((a, b) => a.number - b.number)
  const proposalOf = ({ number, point }: Handed): Proposal => ({
    id: idOf(number, point),
    values: valuesOf(lattice, point),
  })

  return {
    ask(n = 1) {
      requireInteger('n', n, 1)
      const proposals: Proposal[] = []
      while (proposals.length < n && handed.size < evaluations) {
        const number = (inOrder().at(-1)?.number ?? -1) + 1
        const point = propose(frame, seed, number, inOrder())
        if (!point) break
        handed.set(number, { number, point })
        proposals.push(proposalOf({ number, point }))
      }
      return proposals
    },

    tell: (observations) => takeIn(lattice, handed, observations),

    best() {
      const best = believe(frame, inOrder().filter(isTold)).best()
      return best && { ...proposalOf(best), metrics: best.metrics }
    },
  }
}
