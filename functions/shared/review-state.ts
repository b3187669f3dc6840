/** A review as its workflow sees it: how it stands, and how long to wait before looking again. */
import type { Review } from '#schemas/review.ts'
import type { ReviewState } from '#schemas/review-desk.ts'

/**
 * A function that was killed between the decision and the answer leaves the workflow asleep, and the next request to any
 * link wakes it. When there is none, it wakes by itself after six hours, at most 120 times in the longest review.
 */
const LOOK_AGAIN_SECONDS = 6 * 3600

/** @param now of the clock port */
export function reviewState({ review_id, status, expires_at }: Review, now: string): ReviewState {
  const left = Math.ceil((Date.parse(expires_at) - Date.parse(now)) / 1000)
  return { review_id, status, seconds: Math.min(LOOK_AGAIN_SECONDS, Math.max(1, left)) }
}
