/** What is attested, and the envelope (DSSE) that signatures stand in, in `zod/mini`: who signs parses no person's document. */
import * as z from 'zod/mini'

/** What is attested of a proposal: that the gate said yes, that its run recomputes, each decision, each step of its rollout. */
export const ATTESTED = ['gate', 'verification', 'review_decision', 'promotion'] as const

/** One of `ATTESTED`. */
export type Attested = (typeof ATTESTED)[number]

/** Media type of an in-toto statement. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

/** As every encoder writes it: what others read as the same bytes would be a changed byte that nobody refuses. */
const base64 = z
  .string()
  .check(
    z.minLength(1),
    z.regex(
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/,
      'is base64 with its padding',
    ),
  )

/** A signature, and the id of its key. */
export const KeySignature = z.strictObject({ keyid: z.string().check(z.regex(/^[0-9a-f]{64}$/)), sig: base64 })
export type KeySignature = z.infer<typeof KeySignature>

/** A statement with its signatures: DSSE 1.0, JSON. `payload` and `sig` in base64. */
export const Envelope = z.strictObject({
  payload: base64,
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.array(KeySignature).check(z.minLength(1)),
})
export type Envelope = z.infer<typeof Envelope>
