/** Review of a proposal: seats, decisions, the review item and refused attempts. Imports zod only. */
import * as z from 'zod'
import { Digest, Id, Name, Stamp } from './common.ts'
import { INSTANT_PATTERN, NONCE_PATTERN } from './patterns.ts'

/** A moment, `YYYY-MM-DDTHH:MM:SS.mmmZ`: equal length, so text order is time order. */
export const Instant = z
  .string()
  .regex(INSTANT_PATTERN, 'a moment is YYYY-MM-DDTHH:MM:SS.mmmZ')
  .meta({ description: 'ISO 8601 in UTC with milliseconds.' })

/** Makes a link single: 32-128 hex digits from a random source outside the core. */
const Nonce = z.string().regex(NONCE_PATTERN, 'a nonce has 32-128 lower-case hex digits')

/** One person who may decide for one role. Several may be asked for a role; the first to decide takes it. */
export const ReviewSeat = z.strictObject({
  role: Name,
  reviewer: Name,
  nonce: Nonce,
  name: Name.optional().meta({ description: 'As a file of reviewers has it; absent: none was given.' }),
})
export type ReviewSeat = z.infer<typeof ReviewSeat>

/**
 * One decision. Append-only: each carries the digest of the decision before it. A rejection has a reason of 3 to 2,000
 * characters; an approval may have none.
 */
export const ReviewDecision = z.strictObject({
  review_id: Id,
  certification: Stamp.optional(),
  tuning_proposal_id: Id,
  proposal_digest: Digest.meta({ description: 'Of the proposal as it was signed into the links.' }),
  shown_digest: Digest.meta({ description: 'Of exactly what the page showed.' }),
  role: Name,
  reviewer: Name,
  decision: z.enum(['approved', 'rejected']),
  reason: z.string().min(1).max(2000).nullable(),
  decided_at: Instant,
  previous: Digest.nullable(),
})
export type ReviewDecision = z.infer<typeof ReviewDecision>

/** `open` until every required role approved, one person rejected, or the time is over. */
const REVIEW_STATUS = ['open', 'approved', 'rejected', 'expired'] as const

/**
 * The one item of a review. Every transition is one conditional write on `revision`. The task token is not in it. One
 * person fills one role; the owner fills none (DESIGN 7).
 */
export const Review = z.strictObject({
  review_id: Id,
  certification: Stamp.optional(),
  tuning_proposal_id: Id,
  proposal_digest: Digest,
  shown_digest: Digest,
  owner: Name.meta({ description: 'Of the proposal. Holds no seat: nobody approves their own change.' }),
  person_rules: z.string().optional().meta({
    description: 'Version of this program whose rules say which spellings are one person; absent: before 0.3.0.',
  }),
  requires: z.array(Name).min(1).meta({ description: 'Roles, each once.' }),
  seats: z.array(ReviewSeat).min(1),
  status: z.enum(REVIEW_STATUS),
  opened_at: Instant,
  expires_at: Instant,
  decisions: z.array(ReviewDecision),
  revision: z.int().min(0),
})
export type Review = z.infer<typeof Review>

/**
 * Why an attempt to open or to decide was refused: the link, the state of the review, what was shown, the person, or
 * the form. Our decision; a closed list, so that attempts can be counted.
 */
export const REVIEW_REFUSALS = [
  'malformed',
  'forged',
  'unknown',
  'swapped',
  'expired',
  'used',
  'closed',
  'changed',
  'not_shown',
  'no_seat',
  'self_approval',
  'role_taken',
  'person_taken',
  'quorum_unreachable',
  'reason_missing',
  'bad_request',
  'cross_site',
] as const

/** One of `REVIEW_REFUSALS`. */
export type ReviewRefusal = (typeof REVIEW_REFUSALS)[number]

/** A refused attempt, written beside the review, never into it: an attacker must not be able to fill the item. */
export const ReviewAttempt = z.strictObject({
  review_id: Id.nullable(),
  role: Name.nullable(),
  reviewer: Name.nullable().meta({ description: 'As claimed under a valid code; null where nothing was proved.' }),
  refused: z.enum(REVIEW_REFUSALS),
  note: z.string().max(500),
  at: Instant,
})
export type ReviewAttempt = z.infer<typeof ReviewAttempt>
