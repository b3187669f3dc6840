/** A desk over one review in memory: conditional writes, and every attempt kept. */
import { linkClaims, parseLink } from '#core/review/link.ts'
import type { ReviewRequest } from '#core/review/request.ts'
import { type ShownProposal, shownDigest } from '#core/review/shown.ts'
import { type Review, ReviewAttempt } from '#schemas/review.ts'
import { answerReview, type DeskReply } from '../../functions/pages/review/desk.ts'
import { aReview, DURING, macHolds, sign, signLink } from '../core/review/builders.ts'
import { aShown, candidates } from './builders.ts'

export const OWN = 'https://review.acme.example'
export const SHOWN = aShown({ candidates: candidates().slice(-3) })
const FORM = 'application/x-www-form-urlencoded'

export class MemoryDesk {
  review: Review = aReview({ shown_digest: shownDigest(SHOWN) })
  shown: ShownProposal = SHOWN
  now = DURING
  writes = 0
  attempts: ReviewAttempt[] = []

  token = (role: string): string => signLink(linkClaims(this.review).find((c) => c.role === role)!, sign)

  /** The fields that the page's own form sends. */
  form = (fields: Record<string, string> = {}): string =>
    new URLSearchParams({
      decision: 'approved',
      confirm: 'yes',
      reason: '',
      shown_digest: this.review.shown_digest,
      ...fields,
    }).toString()

  /** Reads, answers, and writes if nobody wrote since the read. */
  answer(token: string, request: Partial<ReviewRequest>, read: Review = this.review, origin: string = OWN): DeskReply {
    const parsed = parseLink(token)
    const reply = answerReview(
      { method: 'GET', origin: null, sec_fetch_site: null, content_type: null, body: null, ...request },
      {
        parsed,
        macHolds: parsed.kind === 'parsed' && macHolds(parsed.text, parsed.mac),
        review: read,
        shown: this.shown,
        vault: 'account',
        now: this.now,
        origin,
        action: `/review/${token}`,
      },
    )
    if (reply.attempt) this.attempts.push(ReviewAttempt.parse(reply.attempt))
    if (reply.write) {
      if (this.review.revision !== reply.write.next.revision - 1) return this.answer(token, request)
      this.review = reply.write.next
      this.writes++
    }
    return reply
  }

  post = (token: string, fields: Record<string, string> = {}, read?: Review): DeskReply =>
    this.answer(token, { method: 'POST', origin: OWN, content_type: FORM, body: this.form(fields) }, read)
}
