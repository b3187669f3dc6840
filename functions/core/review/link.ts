/**
 * Review links: claims under a code (MAC) that only the server can make. What signs and checks is a parameter, so that
 * node:crypto serves a laptop and KMS serves AWS: the texts are the same.
 */
import { samePerson } from '#schemas/person.ts'
import type { Review, ReviewRefusal } from '#schemas/review.ts'
import { ReviewLinkClaims } from '#schemas/review-link.ts'
import { canonical } from '../canonical.ts'
import { seatsLeft } from './quorum.ts'

/** Keeps a code made for a link from being valid for anything else under the same key, and the other way round. */
const PURPOSE = 'contextos-autotune/review-link/v1'

/** Longest token that is looked at. Two names of 300 characters fit several times over. */
export const MAX_TOKEN_LENGTH = 8192

/** The canonical text over which the code is made; under KMS's 4,096 bytes for every valid claim of plain names. */
export const linkText = (claims: ReviewLinkClaims): string => `${PURPOSE}\n${canonical(claims)}`

/** A token: base64url of the canonical claims, a dot, base64url of the code. Safe as one path segment. */
export const linkToken = (claims: ReviewLinkClaims, mac: string): string =>
  `${Buffer.from(canonical(claims), 'utf8').toString('base64url')}.${mac}`

/** Claims of every seat that may still decide: what notices are sent from, and re-sent from unchanged. */
export const linkClaims = (review: Review): ReviewLinkClaims[] =>
  review.status === 'open'
    ? seatsLeft(review).map(({ role, reviewer, nonce }) => ({
        review_id: review.review_id,
        role,
        reviewer,
        proposal_digest: review.proposal_digest,
        expires_at: review.expires_at,
        nonce,
      }))
    : []

/** A token taken apart, nothing of it believed yet. */
export type ParsedLink =
  | { readonly kind: 'parsed'; readonly claims: ReviewLinkClaims; readonly text: string; readonly mac: string }
  | { readonly kind: 'malformed'; readonly note: string }

/** Takes a token apart. Only the one canonical spelling of claims is accepted, so that a code covers what was parsed. */
export function parseLink(token: string): ParsedLink {
  const malformed = (note: string): ParsedLink => ({ kind: 'malformed', note })
  if (token.length > MAX_TOKEN_LENGTH) return malformed(`a token has at most ${MAX_TOKEN_LENGTH} characters`)
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{16,1024})$/.exec(token)
  if (!parts) return malformed('a token is two base64url words with a dot between them')
  const json = Buffer.from(parts[1]!, 'base64url').toString('utf8')
  try {
    const claims = ReviewLinkClaims.safeParse(JSON.parse(json))
    if (!claims.success) return malformed('the claims have another shape')
    if (linkToken(claims.data, parts[2]!) !== token) return malformed('the claims are not in canonical form')
    return { kind: 'parsed', claims: claims.data, text: linkText(claims.data), mac: parts[2]! }
  } catch {
    // No JSON, or text with half a surrogate pair, which has no canonical form.
    return malformed('the claims are no JSON')
  }
}

/** What a link is worth now. `claims` are there once the code was valid, and only then. */
export type LinkVerdict =
  | { readonly kind: 'ok'; readonly claims: ReviewLinkClaims }
  | {
      readonly kind: Extract<
        ReviewRefusal,
        | 'malformed'
        | 'forged'
        | 'unknown'
        | 'swapped'
        | 'expired'
        | 'used'
        | 'closed'
        | 'changed'
        | 'role_taken'
        | 'person_taken'
      >
      readonly claims: ReviewLinkClaims | null
      readonly note: string
    }

export interface LinkCheck {
  /** Did the code of `parsed.text` verify? */
  readonly macHolds: boolean
  /** The review that the claims, or the address, name; null: there is none. */
  readonly review: Review | null
  /** Digest of the proposal as stored now. */
  readonly proposal_digest: string
  readonly now: string
}

/** Judges a parsed link against the review as it stands. Reads only; deciding checks all of it again on the item. */
export function checkLink(parsed: ParsedLink, { macHolds, review, proposal_digest, now }: LinkCheck): LinkVerdict {
  if (parsed.kind === 'malformed') return { kind: 'malformed', claims: null, note: parsed.note }
  if (!macHolds) return { kind: 'forged', claims: null, note: 'the code of the link does not verify' }
  const { claims } = parsed
  const not = (kind: Exclude<LinkVerdict['kind'], 'ok'>, note: string): LinkVerdict => ({ kind, claims, note })
  if (!review) return not('unknown', `there is no review ${claims.review_id}`)
  const seat = review.seats.find((s) => s.role === claims.role && s.reviewer === claims.reviewer)
  if (claims.review_id !== review.review_id) return not('swapped', 'the link belongs to another review')
  if (!seat) return not('swapped', `${claims.reviewer} holds no seat as ${claims.role}`)
  if (claims.nonce !== seat.nonce) return not('swapped', 'a newer link replaced this one')
  if (claims.proposal_digest !== review.proposal_digest) return not('swapped', 'the link was made for another proposal')
  const mine = review.decisions.find((d) => samePerson(d.reviewer, claims.reviewer))
  if (mine?.role === claims.role) return not('used', `you ${mine.decision} this at ${mine.decided_at}`)
  if (review.status !== 'open') return not('closed', `the review has ended: ${review.status}`)
  if (now >= claims.expires_at || now >= review.expires_at)
    return not('expired', `the link expired at ${claims.expires_at}`)
  if (proposal_digest !== review.proposal_digest) return not('changed', 'the proposal changed since the link was sent')
  if (mine) return not('person_taken', `you already decided as ${mine.role}`)
  const taken = review.decisions.find((d) => d.role === claims.role)
  if (taken) return not('role_taken', `${taken.reviewer} already decided as ${claims.role}`)
  return { kind: 'ok', claims }
}
