/** What a review link says. Apart and in `zod/mini`: every function of the desk reads it. */
import * as z from 'zod/mini'
import { INSTANT_PATTERN, isPrintable, isSafeName, NONCE_PATTERN } from './patterns.ts'
import { Digest, Id } from './payloads.ts'

const Name = z.string().check(z.minLength(1), z.maxLength(300), z.refine(isPrintable), z.refine(isSafeName))

/** The server believes it only after its code (MAC) was checked. */
export const ReviewLinkClaims = z.strictObject({
  review_id: Id,
  role: Name,
  reviewer: Name,
  proposal_digest: Digest,
  expires_at: z.string().check(z.regex(INSTANT_PATTERN)),
  nonce: z.string().check(z.regex(NONCE_PATTERN)),
})
export type ReviewLinkClaims = z.infer<typeof ReviewLinkClaims>
