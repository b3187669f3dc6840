/**
 * A review as pure transitions of one item: open, decide, expire. Each returns the next item, to be written on condition
 * that the stored revision is still the one that was read, or the reason why it is refused.
 */
import { personKey, personProblem, samePerson } from '#schemas/person.ts'
import type { Review, ReviewDecision, ReviewRefusal, ReviewSeat } from '#schemas/review.ts'
import { digestOf } from '../canonical.ts'
import { type AnyProposal, isPart, stampOf } from './any-proposal.ts'
import { PERSON_RULES, rolesLeft, samePersonIn, seatsLeft, unfillableRoles } from './quorum.ts'

export interface OpenReview {
  readonly review_id: string
  readonly proposal: AnyProposal
  /** Digest of what the page shows, from `shownDigest` of the review pages. */
  readonly shown_digest: string
  /** Who is asked for which role; nonces come from a random source. */
  readonly seats: readonly ReviewSeat[]
  readonly opened_at: string
  readonly expires_at: string
}

/** What a reviewer decides. Role and reviewer come from a verified link or the terminal's user, never from a form. */
export interface Vote {
  readonly role: string
  readonly reviewer: string
  readonly decision: 'approved' | 'rejected'
  readonly reason: string | null
  /** Digest that the reviewer's page or terminal carried. */
  readonly shown_digest: string
}

/** What the store holds now, recomputed from its bytes at the moment of deciding. */
interface Current {
  readonly proposal_digest: string
  readonly shown_digest: string
}

interface Refused {
  readonly refused: ReviewRefusal
  readonly note: string
}

const refuse = (refused: ReviewRefusal, note: string): Refused => ({ refused, note })

/** A fresh review, or every reason why it could never end in an approval. */
export function openReview(input: OpenReview): { readonly next: Review } | { readonly problems: readonly string[] } {
  const { proposal, seats } = input
  const requires = [...new Set(proposal.release_path.requires_reviewers)]
  const problems: string[] = []
  if (input.expires_at <= input.opened_at)
    problems.push(`expires_at ${input.expires_at} is not after opened_at ${input.opened_at}`)
  for (const { role, reviewer } of seats) {
    if (!requires.includes(role)) problems.push(`no role "${role}" is required; required are ${requires.join(', ')}`)
    const spelled = personProblem(reviewer)
    if (spelled) problems.push(`the reviewer ${JSON.stringify(reviewer)} of "${role}" ${spelled}`)
    if (samePerson(reviewer, proposal.owner))
      problems.push(`${reviewer} owns the proposal and cannot review it: name another reviewer for "${role}"`)
    if (isPart(proposal) && samePerson(reviewer, proposal.producer))
      problems.push(`${reviewer} made the proposal and cannot review it: name another reviewer for "${role}"`)
  }
  const places = seats.map((s) => `${s.role}\n${personKey(s.reviewer)}`)
  if (new Set(places).size < places.length)
    problems.push('a reviewer holds the same role twice; another spelling, or a +tag, is the same person')
  if (new Set(seats.map((s) => s.nonce)).size < seats.length) problems.push('two seats share a nonce')
  const empty = unfillableRoles(requires, seats)
  if (empty.length > 0)
    problems.push(`${empty.join(', ')}: no distinct reviewer is left for it; one person fills one role`)
  if (problems.length > 0) return { problems }
  return {
    next: {
      review_id: input.review_id,
      ...stampOf(proposal),
      tuning_proposal_id: proposal.tuning_proposal_id,
      proposal_digest: digestOf(proposal),
      shown_digest: input.shown_digest,
      owner: proposal.owner,
      person_rules: PERSON_RULES,
      requires,
      seats: [...seats],
      status: 'open',
      opened_at: input.opened_at,
      expires_at: input.expires_at,
      decisions: [],
      revision: 0,
    },
  }
}

/**
 * Records one decision. One rejection ends the review; the last required approval approves it. Refused, with the item
 * untouched: after the end or the expiry, for a proposal that changed since, without a seat, for a role or a person that
 * already decided, without a reason for a rejection, and where the approval would leave another role without anyone.
 */
export function decide(
  review: Review,
  vote: Vote,
  current: Current,
  now: string,
): { readonly next: Review; readonly decision: ReviewDecision } | Refused {
  const problem = closedOrChanged(review, vote, current, now) ?? notEntitled(review, vote, samePerson)
  if (problem) return problem
  const reason = vote.reason?.toWellFormed().trim() || null
  if (vote.decision === 'rejected' && (reason === null || reason.length < 3))
    return refuse(
      'reason_missing',
      'a rejection needs a reason: the next run will not propose the same again because of it',
    )
  const last = review.decisions.at(-1)
  const decision: ReviewDecision = {
    review_id: review.review_id,
    ...(review.certification && { certification: review.certification }),
    tuning_proposal_id: review.tuning_proposal_id,
    proposal_digest: review.proposal_digest,
    shown_digest: review.shown_digest,
    role: vote.role,
    reviewer: vote.reviewer,
    decision: vote.decision,
    reason,
    decided_at: now,
    previous: last ? digestOf(last) : null,
  }
  const decided: Review = { ...review, decisions: [...review.decisions, decision], revision: review.revision + 1 }
  if (vote.decision === 'rejected') return { next: { ...decided, status: 'rejected' }, decision }
  const left = rolesLeft(decided)
  const stuck = unfillableRoles(left, seatsLeft(decided))
  if (stuck.length > 0)
    return refuse('quorum_unreachable', `approving as ${vote.role} would leave nobody for ${stuck.join(', ')}`)
  return { next: left.length === 0 ? { ...decided, status: 'approved' } : decided, decision }
}

function closedOrChanged(review: Review, vote: Vote, current: Current, now: string): Refused | null {
  if (review.status !== 'open') return refuse('closed', `the review has ended: ${review.status}`)
  if (now >= review.expires_at) return refuse('expired', `the review expired at ${review.expires_at}`)
  if (current.proposal_digest !== review.proposal_digest || current.shown_digest !== review.shown_digest)
    return refuse('changed', 'the proposal is no longer the one that was sent for review; open a new review')
  if (vote.shown_digest !== review.shown_digest)
    return refuse('not_shown', 'the page that was decided on is not the one under review; open the link again')
  return null
}

function notEntitled(review: Review, vote: Vote, isSame: typeof samePerson): Refused | null {
  if (isSame(vote.reviewer, review.owner)) return refuse('self_approval', 'the owner cannot decide on their own change')
  const seat = review.seats.find((s) => s.role === vote.role && s.reviewer === vote.reviewer)
  if (!seat) return refuse('no_seat', `${vote.reviewer} was not asked as ${vote.role}`)
  const mine = review.decisions.find((d) => isSame(d.reviewer, vote.reviewer))
  if (mine && mine.role === vote.role)
    return refuse('used', `${mine.decision} at ${mine.decided_at}; a link decides once`)
  if (mine) return refuse('person_taken', `${mine.reviewer} already decided as ${mine.role}; one person fills one role`)
  const taken = review.decisions.find((d) => d.role === vote.role)
  if (taken) return refuse('role_taken', `${taken.reviewer} already decided as ${vote.role}`)
  return null
}

/** Ends a review whose time is over as expired, never as approved. Refused before that, and once it has ended. */
export function expireReview(review: Review, now: string): { readonly next: Review } | Refused {
  if (review.status !== 'open') return refuse('closed', `the review has ended: ${review.status}`)
  if (now < review.expires_at) return refuse('bad_request', `the review is open until ${review.expires_at}`)
  return { next: { ...review, status: 'expired', revision: review.revision + 1 } }
}

/**
 * Is the item what honest transitions leave? Every link of the decision chain, every digest, the quorum and the status
 * are checked again. Returns what is wrong, nothing when it holds. For the auditor, and before a release is built on it.
 */
export function reviewProblems(review: Review): string[] {
  const problems: string[] = []
  review.decisions.forEach((d, i) => {
    const before = review.decisions[i - 1]
    if (d.previous !== (before ? digestOf(before) : null))
      problems.push(`decision ${i} does not follow the one before it`)
    if (d.review_id !== review.review_id || d.tuning_proposal_id !== review.tuning_proposal_id)
      problems.push(`decision ${i} belongs to another review`)
    if (d.proposal_digest !== review.proposal_digest || d.shown_digest !== review.shown_digest)
      problems.push(`decision ${i} was made on something else than this review shows`)
    if (d.certification !== review.certification) problems.push(`decision ${i} does not carry the stamp of its review`)
    if (d.decided_at >= review.expires_at) problems.push(`decision ${i} came after the expiry`)
    const earlier = { ...review, decisions: review.decisions.slice(0, i) }
    const unentitled = notEntitled(earlier, d, samePersonIn(review))
    if (unentitled) problems.push(`decision ${i}: ${unentitled.note}`)
    if (d.decision === 'rejected' && i < review.decisions.length - 1)
      problems.push(`decision ${i + 1} follows a rejection`)
  })
  const rejected = review.decisions.some((d) => d.decision === 'rejected')
  const status = rejected ? 'rejected' : rolesLeft(review).length === 0 ? 'approved' : 'open'
  if (review.status !== status && !(review.status === 'expired' && status === 'open'))
    problems.push(`the status says ${review.status}, the decisions say ${status}`)
  return problems
}
