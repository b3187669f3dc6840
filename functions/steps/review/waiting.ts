/**
 * How a workflow waits for a review. The token is stored, then the review is looked at; a decision is stored, then the
 * tokens are looked for: whichever comes second finds the other. What was decided is never in the answer, only that
 * there is something to read.
 */

import { ReviewEnded, UserError } from '../../errors.ts'
import type { Store, WaitingTasks } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { readReview } from './reviews.ts'

/** Keeps the token of a workflow that waits. Throws ReviewEnded when there is nothing left to wait for. */
export async function holdToken(store: Store, reviewId: string, token: string): Promise<void> {
  await store.table.create(...rowKeys.token(reviewId, token), { token })
  const item = await readReview(store, reviewId)
  if (!item) throw new UserError(`there is no review ${reviewId}`)
  if (item.review.status !== 'open') throw new ReviewEnded(`review ${reviewId} is ${item.review.status}`)
}

/** Wakes every workflow that waits for a review that has ended. Each token is answered, then forgotten. */
export async function wakeWaiting(store: Pick<Store, 'table'>, tasks: WaitingTasks, reviewId: string): Promise<void> {
  for await (const row of store.table.query<{ readonly token: string }>(rowKeys.tokens(reviewId))) {
    // False: it timed out, or a killed call of this function had answered it already.
    await tasks.wake(row.body.token)
    await store.table.remove(row.pk, row.sk, row.revision)
  }
}
