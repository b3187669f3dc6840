/** How reviewers are reached: a link for every seat that may still decide, and a notice with that link alone. */
import { linkClaims, linkText, linkToken } from '#core/review/link.ts'
import type { Review } from '#schemas/review.ts'
import { REVIEW_PATH } from '#schemas/review-desk.ts'
import { UserError } from '../../errors.ts'
import { noticeOf } from '../../pages/review/notice.ts'
import type { Mailer, Signer, Store } from '../../ports.ts'
import { readReview } from './reviews.ts'

/** Link tokens of every seat that may still decide. */
export async function reviewLinks(
  review: Review,
  code: Signer,
): Promise<{ role: string; reviewer: string; token: string }[]> {
  const links = []
  for (const claims of linkClaims(review)) {
    const token = linkToken(claims, await code.sign(linkText(claims)))
    links.push({ role: claims.role, reviewer: claims.reviewer, token })
  }
  return links
}

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
    await mailer.send({
      to: reviewer,
      ...noticeOf(item.review, role, `${origin}${REVIEW_PATH}${token}`, item.about ?? null),
    })
  return links.length
}
