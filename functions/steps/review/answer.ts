/**
 * Answers what reviewers send: requests to a link, decisions at a terminal. What is decided is decided by the core on values;
 * here they are read, and written on condition that nobody wrote in between.
 */
import { canonical, digestOf } from '#core/canonical.ts'
import type { AnyProposal } from '#core/review/any-proposal.ts'
import { parseLink } from '#core/review/link.ts'
import { attemptRecord } from '#core/review/records.ts'
import { MAX_REASON, type ReviewRequest } from '#core/review/request.ts'
import { decide, type Vote } from '#core/review/review.ts'
import { shownDigest } from '#core/review/shown.ts'
import type { Review, ReviewAttempt, ReviewDecision } from '#schemas/review.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import { answerReview, type DeskReply } from '../../pages/review/desk.ts'
import type { ObjectStore, Signer, Store } from '../../ports.ts'
import { expireIfDue, latestReview, MOST_TRIES, readReview, remember, writeReview } from './reviews.ts'
import { shownOf } from './shown.ts'

/** A reply, and the review that a valid link named, as it then stands; null: no code of ours named one. */
export interface RequestAnswer extends DeskReply {
  readonly review: Review | null
}

/** A request to a link: answered, written on condition, recorded, remembered. GET and HEAD write no decision. */
export async function answerRequest(
  store: Store,
  code: Signer,
  request: ReviewRequest,
  at: { readonly token: string; readonly origin: string; readonly action: string; readonly watch?: string },
): Promise<RequestAnswer> {
  const parsed = parseLink(at.token)
  const macHolds = parsed.kind === 'parsed' && (await code.holds(parsed.text, parsed.mac))
  const vault = (await store.vaultReader?.()) ?? 'roles'
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = macHolds && parsed.kind === 'parsed' ? await readReview(store, parsed.claims.review_id) : null
    const shown = item && (await shownOf(store, item))
    const { origin, action, watch } = at
    const review = item?.review ?? null
    const reply = answerReview(request, {
      parsed,
      macHolds,
      review,
      shown,
      vault,
      now: store.clock.now(),
      origin,
      action,
      watch,
    })
    if (reply.write && !(await writeReview(store, item!, reply.write.next, 'link'))) continue
    if (reply.attempt) await recordAttempt(store, reply.attempt)
    // Also after "used": a process that died between decision and memory leaves the memory to the next request.
    if (item && request.method === 'POST')
      await remember(store, reply.write ? { ...item, review: reply.write.next } : item)
    return { ...reply, review: reply.write?.next ?? review }
  }
  throw new Error(`the review was written by others ${MOST_TRIES} times in a row`)
}

/** Decides for a reviewer who sits at the terminal of the store: the same transition, on the same digests. */
export async function decideAtTerminal(
  store: Store,
  runId: string,
  {
    shown: seen,
    ...vote
  }: Omit<Vote, 'shown_digest'> & { /** Digest that was read; null: what stands now. */ readonly shown: string | null },
): Promise<{ readonly review: Review; readonly decision: ReviewDecision; readonly proposal: AnyProposal }> {
  const reason = vote.reason?.replace(/\r\n?/g, '\n').trim() ?? null
  if (reason !== null && (reason.length > MAX_REASON || /[^\P{Cc}\n\t]/u.test(reason)))
    throw new UserError(`a reason has at most ${MAX_REASON} characters, none of them control characters`)
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await expireIfDue(store, await latestReview(store, runId))
    if (!item)
      throw new UserError(`no review of run ${runId} was opened: "autotune review ${runId} --reviewer ROLE=PERSON"`)
    await remember(store, item)
    const shown = await shownOf(store, item)
    const current = {
      proposal_digest: shown ? digestOf(shown.proposal) : '',
      shown_digest: shown ? shownDigest(shown) : '',
    }
    const now = store.clock.now()
    const done = decide(item.review, { ...vote, reason, shown_digest: seen ?? current.shown_digest }, current, now)
    if ('refused' in done) {
      // Nobody proved who they are here, so no name is kept.
      const attempt = { ...attemptRecord(null, done.refused, done.note, now), review_id: item.review.review_id }
      await recordAttempt(store, attempt)
      throw new UserError(`not decided: ${done.note}`)
    }
    if (!(await writeReview(store, item, done.next, 'terminal'))) continue
    await remember(store, { ...item, review: done.next })
    return { review: done.next, decision: done.decision, proposal: shown!.proposal }
  }
  throw new Error(`the review was written by others ${MOST_TRIES} times in a row`)
}

/** Attempts that are kept of a review and an hour: a flood fills no disk. */
const KEPT_AN_HOUR = 100
/** First place of an hour that may be free, by store: whoever floods has each place tried once. */
const firstFree = new WeakMap<ObjectStore, Map<string, number>>()

/** One object an attempt, beside the review, in the next place of its hour; none once they are taken. */
async function recordAttempt({ objects }: Store, attempt: ReviewAttempt): Promise<void> {
  const hour = `${attempt.at.slice(0, 13)}:00:00.000Z`
  const of = `${attempt.review_id} ${hour}`
  const free = firstFree.get(objects) ?? new Map<string, number>()
  firstFree.set(objects, free)
  if (free.size > KEPT_AN_HOUR && !free.has(of)) free.clear()
  for (let place = free.get(of) ?? 0; place < KEPT_AN_HOUR; place = Math.max(place + 1, free.get(of) ?? 0)) {
    free.set(of, place + 1)
    const key = keys.reviewAttempt(attempt.review_id, hour, String(place).padStart(2, '0'))
    if (await objects.putIfAbsent(key, `${canonical(attempt)}\n`)) return
  }
}

/** Records a request that was refused before it reached a link: nothing about its sender is known. */
export const recordRefused = (store: Store, note: string): Promise<void> =>
  recordAttempt(store, attemptRecord(null, 'bad_request', note, store.clock.now()))
