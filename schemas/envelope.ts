/** What is attested, and the envelope (DSSE) that signatures stand in, in `zod/mini`: who signs parses no person's document. */
import * as z from 'zod/mini'

/** What is attested of a proposal: that the gate said yes, that its run recomputes, each decision, each step of its rollout. */
export const ATTESTED = ['gate', 'verification', 'review_decision', 'promotion'] as const

/** One of `ATTESTED`. */
export type Attested = (typeof ATTESTED)[number]

/** Media type of an in-toto statement. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

const base64 = z.string().check(z.regex(/^[A-Za-z0-9+/]+={0,2}$/, 'is base64'))

/** A statement with its signatures: DSSE 1.0, JSON. `payload` and `sig` in base64. */
export const Envelope = z.strictObject({
  payload: base64,
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z
    .array(z.strictObject({ keyid: z.string().check(z.regex(/^[0-9a-f]{64}$/)), sig: base64 }))
    .check(z.minLength(1)),
})
export type Envelope = z.infer<typeof Envelope>
