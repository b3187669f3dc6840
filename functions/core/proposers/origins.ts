/** How far the changes of each origin came in a run that asked proposers: the search itself is one of them. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { LeftOut, OriginOfRun, ProposedInRun } from '#schemas/run.ts'
import { byCodeUnit } from '../canonical.ts'
import { isBetter } from '../evaluate/metric.ts'
import { HELD } from '../search/committed-list.ts'

/** What the rows are made of. `replayed`: candidates that neither memory nor rendering alone decided. */
interface OriginsOf {
  readonly proposed: ProposedInRun
  readonly candidates: readonly CandidateScore[]
  readonly replayed: ReadonlySet<string>
  readonly direction: 'decrease' | 'increase'
}

/** What is no change within the bounds. */
const OUTSIDE: ReadonlySet<LeftOut['why']> = new Set(['out_of_bounds', 'too_many', 'unreadable'])

/** One row an origin: proposers in the order in which they were asked, then the rest by name. */
export function originsOfRun({ proposed, candidates, replayed, direction }: OriginsOf): OriginOfRun[] {
  const by = Map.groupBy(candidates, ({ origin }) => origin ?? 'search')
  const others = [...by.keys()].filter((origin) => !proposed.proposers.includes(origin)).sort(byCodeUnit)
  return [...proposed.proposers, ...others].map((origin) => {
    const own = by.get(origin) ?? []
    const left = proposed.left_out.filter((one) => one.origin === origin)
    const lost = left.reduce((sum, { n = 1 }) => sum + n, 0)
    const outside = left.reduce((sum, { why, n = 1 }) => sum + (OUTSIDE.has(why) ? n : 0), 0)
    const held = own.filter(({ fate }) => HELD.includes(fate))
    return {
      origin,
      proposed: own.length + lost,
      in_bounds: own.length + lost - outside,
      replayed: own.filter(({ candidate_id }) => replayed.has(candidate_id)).length,
      survived: held.length,
      certified: held.filter(({ fate }) => fate === 'certified' || fate === 'won').length,
      best: bestOf(held, direction),
    }
  })
}

function bestOf(held: readonly CandidateScore[], direction: OriginsOf['direction']): OriginOfRun['best'] {
  let best: OriginOfRun['best'] = null
  for (const { patch, metric } of held)
    if (metric !== null && (best === null || isBetter(direction, metric, best.metric))) best = { patch, metric }
  return best
}
