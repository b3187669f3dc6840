/** What a review leaves beside its decision: a refused attempt on record, a rejection in memory. */
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { Review, ReviewAttempt, ReviewRefusal } from '#schemas/review.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'
import { type RejectedRun, rejection, underMetric } from '../gate/rejections.ts'

/**
 * The record of a refused attempt. Written beside the review, one object an attempt and so many an hour, so that no flood
 * of attempts can fill or block the item, or the disk.
 * @param claims from a link whose code verified; null otherwise, and then no name is kept
 */
export const attemptRecord = (
  claims: ReviewLinkClaims | null,
  refused: ReviewRefusal,
  note: string,
  at: string,
): ReviewAttempt => ({
  review_id: claims?.review_id ?? null,
  role: claims?.role ?? null,
  reviewer: claims?.reviewer ?? null,
  refused,
  note: note.slice(0, 500),
  at,
})

/** Memory of a rejected review, with the reviewer's own words; null while nobody rejected it. Expiry rejects nothing. */
export function rejectionOfReview(review: Review, proposal: TuningProposal, run: RejectedRun): RejectionRecord | null {
  const decision = review.decisions.find((d) => d.decision === 'rejected')
  if (!decision) return null
  return rejection(run, {
    patches: [proposal.candidate_change.patch],
    source: 'reviewer',
    reason: `${decision.reviewer} as ${decision.role}: ${decision.reason}`,
    under: underMetric(proposal.target),
  })
}

/** Memory of a rollout that production brought back. */
export const rejectionOfRollback = (proposal: TuningProposal, run: RejectedRun, reason: string): RejectionRecord =>
  rejection(run, { patches: [proposal.candidate_change.patch], source: 'rollback', reason })
