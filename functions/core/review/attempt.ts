/** What is kept of a refused attempt: why, under which proved claims, when. Never a code, a body or an unproved name. */
import type { ReviewAttempt, ReviewRefusal } from '#schemas/review.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'

/**
 * The record of a refused attempt. Written beside the review, one object an attempt, so that no flood of attempts can
 * fill or block the item.
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
