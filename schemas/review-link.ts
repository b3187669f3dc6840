/** What a review link says. Apart and in `zod/mini`: every function of the desk reads it. */
import * as z from 'zod/mini'
import { INSTANT_PATTERN, NONCE_PATTERN } from './patterns.ts'
import { Digest, Id, Name } from './payloads.ts'

/**
 * Who may decide on what until when: one reviewer, one role, one proposal. The server believes it only after its code
 * (MAC) was checked. Our decision: upstream leaves the channel of approval open.
 */
export const ReviewLinkClaims = z.strictObject({
  review_id: Id,
  role: Name,
  reviewer: Name,
  proposal_digest: Digest,
  expires_at: z.string().check(z.regex(INSTANT_PATTERN)),
  nonce: z.string().check(z.regex(NONCE_PATTERN)),
})
export type ReviewLinkClaims = z.infer<typeof ReviewLinkClaims>
