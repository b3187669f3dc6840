/** Reads what a review came to: expired when its time is over, and a rejection remembered. Its item is the only witness. */
import { ReviewInput, type ReviewState } from '#schemas/review-desk.ts'
import { UserError } from '../errors.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { reviewState } from '../lambda/workflow-state.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { settleReview as settle } from '../steps/review/reviews.ts'

export const settleReviewFunction: OpenStep<ReviewInput, ReviewState, StoreWorld> = {
  name: 'settle-review',
  input: ReviewInput,
  about: ({ review_id }) => ({ review: review_id }),
  async work({ review_id }, { store }) {
    const item = await settle(store, review_id)
    if (!item) throw new UserError(`there is no review ${review_id}`)
    return reviewState(item, store.clock.now())
  },
}

export const handler = handlerOver(settleReviewFunction, () => openStoreWorld(process.env, signed))
