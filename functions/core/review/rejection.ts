/** A reviewer's no, or a rollback, as rejection memory: the next run does not propose the same again. */
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'
import { baselineDigest } from '../gate/commitment.ts'

/** What a memory entry is keyed by; from the run that made the proposal. */
export type RejectedRun = Pick<AutotuneRun, 'run_id' | 'target' | 'pack' | 'evaluator_suite' | 'replayer'>

/** Memory of a rejected review, with the reviewer's own words; null while nobody rejected it. Expiry rejects nothing. */
export function rejectionOfReview(review: Review, proposal: TuningProposal, run: RejectedRun): RejectionRecord | null {
  const decision = review.decisions.find((d) => d.decision === 'rejected')
  return decision
    ? rejection(proposal, run, 'reviewer', `${decision.reviewer} as ${decision.role}: ${decision.reason}`)
    : null
}

/** Memory of a rollout that production brought back. */
export const rejectionOfRollback = (proposal: TuningProposal, run: RejectedRun, reason: string): RejectionRecord =>
  rejection(proposal, run, 'rollback', reason)

function rejection(
  proposal: TuningProposal,
  run: RejectedRun,
  source: RejectionRecord['source'],
  reason: string,
): RejectionRecord {
  const patches = [proposal.candidate_change.patch]
  const key = { patches, suite: digestOf(run.evaluator_suite), baseline: baselineDigest(run) }
  return { rejection_id: digestOf(key), intent: proposal.target.intent, ...key, source, reason, run_id: run.run_id }
}
