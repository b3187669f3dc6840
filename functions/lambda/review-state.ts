/** A review as its workflow sees it: how it stands, and how long to wait before looking again. */
import type { ReviewState } from '#schemas/review-desk.ts'
import { rolloutId } from '../steps/release/rollouts.ts'
import type { ReviewItem } from '../steps/review/review.ts'
import { executionName } from './rollout-state.ts'

/**
 * A function that was killed between the decision and the answer leaves the workflow asleep, and the next request to any
 * link wakes it. When there is none, it wakes by itself after six hours, at most 120 times in the longest review.
 */
const LOOK_AGAIN_SECONDS = 6 * 3600

/** @param now of the clock port */
export function reviewState({ run_id, review }: ReviewItem, now: string): ReviewState {
  const { review_id, status, expires_at } = review
  const left = Math.ceil((Date.parse(expires_at) - Date.parse(now)) / 1000)
  const seconds = Math.min(LOOK_AGAIN_SECONDS, Math.max(1, left))
  return { review_id, run_id, rollout: executionName(rolloutId(run_id)), status, seconds }
}
