/** Reviews, rollouts and queued runs as workflows see them: how each stands, how long to wait before looking again, what its execution is called. */
import { digestOf } from '#core/canonical.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import type { ReviewState } from '#schemas/review-desk.ts'
import type { RolloutState } from '#schemas/rollout-payloads.ts'
import { rolloutId } from '../steps/release/rollouts.ts'
import type { ReviewItem } from '../steps/review/reviews.ts'

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

/** Harm is looked for every hour, in every stage and in the window; a stage's own times are its configuration's. */
const LOOK_SECONDS = 3600

const GOES_ON: readonly string[] = ['running', 'paused', 'released']

export const rolloutState = ({ rollout: { rollout_id, status, stage } }: RolloutItem): RolloutState => ({
  rollout_id,
  status,
  stage,
  goes_on: GOES_ON.includes(status),
  seconds: LOOK_SECONDS,
  name: executionName(rollout_id),
})

/** Name of the execution of a run that the routine queued: its id, wherever that can be one. */
export const runExecution = (runId: string): string => (/^[\w.-]{1,80}$/.test(runId) ? runId : executionName(runId))

/** Executions are named after their rollout or run, in 80 characters without a colon: the same name is never started twice. */
const executionName = (id: string): string => `${id.replaceAll(':', '-').slice(0, 60)}-${digestOf(id).slice(7, 15)}`
