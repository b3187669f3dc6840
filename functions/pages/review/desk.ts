/**
 * One request to a review link, answered as values: status, page, and what is to be written. The same for the local server
 * and for the Lambda; both only read, check the code of the link, write on condition, and send what stands here.
 */

import { digestOf } from '#core/canonical.ts'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import { checkLink, type LinkVerdict, type ParsedLink } from '#core/review/link.ts'
import { attemptRecord } from '#core/review/records.ts'
import { type ReviewAsk, type ReviewRequest, readRequest } from '#core/review/request.ts'
import { decide } from '#core/review/review.ts'
import { type Shown, shownDigest } from '#core/review/shown.ts'
import type { Review, ReviewAttempt, ReviewDecision, ReviewRefusal } from '#schemas/review.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'
import { decidedPage, endedPage, refusedPage } from './end-pages.ts'
import { reviewPage } from './page.ts'

/** What the caller knows. Review and proposal are read after the code of the link was checked, and only if it holds. */
interface DeskState {
  readonly parsed: ParsedLink
  readonly macHolds: boolean
  readonly review: Review | null
  readonly shown: Shown | null
  readonly now: string
  /** Who can read the vault that the proof rests on; beside what is shown, and no part of its digest. */
  readonly vault: VaultReader
  /** Scheme, host and port under which the pages are served. */
  readonly origin: string
  /** Address of this link, where its form posts to. */
  readonly action: string
  /** Address at which the same link shows the rollout; absent: nowhere here. */
  readonly watch?: string | undefined
}

export interface DeskReply {
  readonly status: number
  /** Set for 303 alone. */
  readonly location: string | null
  /** Served with `PAGE_HEADERS`; for HEAD the server leaves it out. */
  readonly body: string
  /** To be written before the reply is sent, on condition of `next.revision - 1`. Lost: read again and ask again. */
  readonly write: { readonly next: Review; readonly decision: ReviewDecision } | null
  /** To be recorded beside the review, whatever else happens. */
  readonly attempt: ReviewAttempt | null
}

/** Answers a request. Nothing is written unless `write` is there; a GET or HEAD never has one. */
export function answerReview(request: ReviewRequest, state: DeskState): DeskReply {
  const ask = readRequest(request, state.origin)
  const current = state.shown && {
    proposal_digest: digestOf(state.shown.proposal),
    shown_digest: shownDigest(state.shown),
  }
  const verdict = checkLink(state.parsed, {
    macHolds: state.macHolds,
    review: state.review,
    proposal_digest: current?.proposal_digest ?? '',
    now: state.now,
  })
  if (verdict.kind !== 'ok') return worthless(verdict, ask, state)
  const { claims } = verdict
  const [review, shown] = [state.review!, state.shown!]
  const view = { shown, review, seat: claims, action: state.action, vault: state.vault }

  if (shownDigest(shown) !== review.shown_digest) return refused(claims, 'changed', 'what is shown changed', 409, state)
  if (ask.kind === 'show') return reply(200, reviewPage({ ...view, returned: null }))
  if (ask.kind === 'refused') {
    if (ask.status !== 422) return refused(claims, ask.refused, ask.note, ask.status, state)
    return reply(422, reviewPage({ ...view, returned: { problem: ask.note, reason: ask.typed } }))
  }
  const vote = { role: claims.role, reviewer: claims.reviewer, ...ask.form }
  const done = decide(review, vote, current!, state.now)
  if ('refused' in done) return refused(claims, done.refused, done.note, 409, state)
  // 303: the browser comes back by GET and reloading that page sends nothing twice.
  return {
    ...reply(303, decidedPage({ review: done.next, decision: done.decision, seen: view, watch: state.watch })),
    location: state.action,
    write: done,
  }
}

const reply = (status: number, body: string): DeskReply => ({
  status,
  body,
  location: null,
  write: null,
  attempt: null,
})

const refused = (
  claims: ReviewLinkClaims | null,
  why: ReviewRefusal,
  note: string,
  status: number,
  { now }: DeskState,
): DeskReply => ({ ...reply(status, refusedPage(why)), attempt: attemptRecord(claims, why, note, now) })

/** Links that never verify are all told the same; of the others a GET is harmless, and a POST an attempt. */
const NEVER_GOOD: readonly LinkVerdict['kind'][] = ['malformed', 'forged', 'unknown', 'swapped']

function worthless(verdict: Exclude<LinkVerdict, { kind: 'ok' }>, ask: ReviewAsk, state: DeskState): DeskReply {
  const { kind, claims, note } = verdict
  if (NEVER_GOOD.includes(kind)) return refused(claims, kind, note, 404, state)
  const attempt = ask.kind === 'show' ? null : attemptRecord(claims, kind, note, state.now)
  const status = ask.kind === 'show' ? 200 : 409
  const review = state.review!
  const { shown, vault, watch } = state
  const seen = shown && shownDigest(shown) === review.shown_digest ? { shown, vault } : null
  const decision = review.decisions.find((d) => d.role === claims?.role && d.reviewer === claims.reviewer)
  if (kind === 'used' && decision) return { ...reply(status, decidedPage({ review, decision, seen, watch })), attempt }
  if (kind === 'closed') return { ...reply(status, endedPage(review, seen, watch)), attempt }
  return { ...reply(status, refusedPage(kind, seen)), attempt }
}
