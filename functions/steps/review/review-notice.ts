/** Notices of a review: one for every seat that may still decide, each with that seat's link alone. */
import { REVIEW_PATH } from '#schemas/review-desk.ts'
import { UserError } from '../../errors.ts'
import { noticeOf } from '../../pages/notice.ts'
import type { Mailer, Signer, Store } from '../../ports.ts'
import { readReview, reviewLinks } from './review.ts'

/**
 * Sends the notices, or sends them again: links come from the review itself and stay the same. Returns how many went out;
 * none of a review that has ended.
 * @param origin scheme and host of the desk
 */
export async function notifyReviewers(
  store: Store,
  code: Signer,
  mailer: Mailer,
  { reviewId, origin }: { readonly reviewId: string; readonly origin: string },
): Promise<number> {
  const item = await readReview(store, reviewId)
  if (!item) throw new UserError(`there is no review ${reviewId}`)
  const links = await reviewLinks(item.review, code)
  for (const { role, reviewer, token } of links)
    await mailer.send({ to: reviewer, ...noticeOf(item.review, role, `${origin}${REVIEW_PATH}${token}`) })
  return links.length
}
