/** What a review page shows, as one value. Its digest is what a decision is bound to. No markup here. */
import type { ShownProposal } from '#core/review/shown.ts'
import type { Review, ReviewDecision, ReviewSeat } from '#schemas/review.ts'

/** A page for one reviewer in one role. */
export interface ReviewView {
  readonly shown: ShownProposal
  readonly review: Review
  readonly seat: Pick<ReviewSeat, 'role' | 'reviewer'>
  /** Where the form posts to: the address of the page itself. */
  readonly action: string
  /** What was wrong with the form just sent, and what was typed; null on a fresh page. */
  readonly returned: { readonly problem: string; readonly reason: string } | null
}

/** What is shown after a decision, or when a link is opened again. */
export interface DecidedView {
  readonly review: Review
  readonly decision: ReviewDecision
}
