/** Keeps the token of the workflow that waits for a review. It can write tokens and read none. */
import { HoldReviewInput } from '#schemas/review-desk.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { holdToken } from '../steps/review/waiting.ts'

export const holdReviewFunction: OpenStep<HoldReviewInput, Record<string, never>, StoreWorld> = {
  name: 'hold-review',
  input: HoldReviewInput,
  about: ({ review_id }) => ({ review: review_id }),
  async work({ review_id, token }, { store }) {
    await holdToken(store, review_id, token)
    return {}
  },
}

export const handler = handlerOver(holdReviewFunction, openStoreWorld)
