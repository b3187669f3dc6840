/** How good the best candidate was after so many paid replays: what a search buys, and when. */
import type { CandidateScore } from '#schemas/candidate.ts'
import { isBetter } from '../evaluate/metric.ts'
import { HELD } from '../search/committed-list.ts'
import type { ReplayTallies } from './tally.ts'

/** From `paid` replays on the best that held every limit had this metric. */
export interface BestStep {
  readonly paid: number
  readonly metric: number
  readonly candidate_id: string
}

/** Steps of the best so far, each better than the one before; empty where nothing held every limit. */
export function bestSoFar(
  candidates: readonly CandidateScore[],
  tallies: ReplayTallies,
  direction: 'decrease' | 'increase',
): BestStep[] {
  const steps: BestStep[] = []
  const held = candidates
    .filter(({ fate, metric }) => HELD.includes(fate) && metric !== null)
    .map((c) => ({
      candidate_id: c.candidate_id,
      metric: c.metric!,
      paid: tallies.of(c.candidate_id)?.paid_after ?? 0,
    }))
    .sort((a, b) => a.paid - b.paid)
  for (const found of held) {
    const best = steps.at(-1)
    if (best === undefined || isBetter(direction, found.metric, best.metric)) steps.push(found)
  }
  return steps
}
