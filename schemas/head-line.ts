/**
 * The journal of heads: one chained, keyed line for everything a store decides, spends or takes in. In `zod/mini`: every
 * function that decides bundles it, and no person writes one.
 */
import * as z from 'zod/mini'
import { INSTANT_PATTERN, isSafeId, REF_PATTERN } from './patterns.ts'
import { Digest, Id, Name } from './payloads.ts'

const Ref = z.string().check(z.regex(REF_PATTERN), z.refine(isSafeId))
const Instant = z.string().check(z.regex(INSTANT_PATTERN))
const Revision = z.int().check(z.nonnegative())
const LineNumber = z.int().check(z.positive())

/** A run that was finished, by the digest of its manifest. */
const RunHead = z.strictObject({ kind: z.literal('run'), run: Id, verdict: z.string(), digest: Digest })
/** A run that was given up after its line and before its manifest: a process died between the two. */
const GivenUpHead = z.strictObject({ kind: z.literal('given_up'), run: Id })
/** An item of the ledger as it was written, by the digest of its body. */
const ItemHead = z.strictObject({
  kind: z.literal('item'),
  pk: z.string(),
  sk: z.string(),
  revision: Revision,
  digest: Digest,
})
/** An import of recorded runs, by the digest of the list of what it stored. */
const ImportHead = z.strictObject({ kind: z.literal('import'), digest: Digest })
/** A published pack, suite, price table or other document, by the digest of its bytes. */
const DocumentHead = z.strictObject({ kind: z.literal('document'), ref: Ref, digest: Digest })
/** A transition of a rollout that was signed and published, by the digest of its artifact. */
const PromotionHead = z.strictObject({
  kind: z.literal('promotion'),
  rollout: Id,
  revision: Revision,
  digest: Digest,
})
/** What the routine keeps under a date. */
export const CADENCE_PERIODS = ['daily', 'weekly', 'quarterly'] as const
/** One of `CADENCE_PERIODS`. */
export type CadencePeriod = (typeof CADENCE_PERIODS)[number]
/** A judged day, week or quarter, by the digest of its bytes. */
const CadenceHead = z.strictObject({
  kind: z.literal('cadence'),
  period: z.enum(CADENCE_PERIODS),
  date: z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/)),
  digest: Digest,
})
/** 32 hex digits: the name that nobody may read again. */
const HashedName = z.string().check(z.regex(/^[0-9a-f]{32}$/))

/**
 * Recorded runs that a person had erased, on whichever side they lay: the one allowed absence. `runs`: each by the hashes of its id
 * and family, and the digest of its decision record (null: nobody knew it any more). `replaced`: what held something of them, by
 * digest, and what stands in its place (null: nothing); of a finished run the digest of its manifest, of a sealed set its version.
 */
export const ErasedHead = z.strictObject({
  kind: z.literal('erased'),
  runs: z
    .array(z.strictObject({ run: HashedName, family: HashedName, record: z.nullable(Digest) }))
    .check(z.minLength(1)),
  replaced: z.array(z.strictObject({ was: Digest, is: z.nullable(Digest) })),
  reason: z.string().check(z.minLength(3), z.maxLength(2000)),
  person: Name,
})
export type ErasedHead = z.infer<typeof ErasedHead>
/** What a person says of it. */
export const ErasedSaid = z.pick(ErasedHead, { reason: true, person: true })

/**
 * The first line of every journal. `found`: runs, items and imports that stood there already, written by a version that kept no
 * journal; they were found, not seen to be decided. It stands again where a journal of version 0.2.0 goes on, which had no
 * `version`: from a line with `version` 2 on, rejections, what became of proposals and production logs are witnessed too, and
 * every decision carries a code of its own.
 */
const BegunHead = z.strictObject({
  kind: z.literal('begun'),
  version: z.optional(z.literal(2)),
  found: z.array(z.discriminatedUnion('kind', [RunHead, ItemHead, ImportHead])),
})

/** What a line of the journal is about. It names content by digest, never by path, so that a layout may change under it. */
export const Head = z.discriminatedUnion('kind', [
  BegunHead,
  RunHead,
  GivenUpHead,
  ItemHead,
  ImportHead,
  DocumentHead,
  PromotionHead,
  CadenceHead,
  ErasedHead,
])
export type Head = z.infer<typeof Head>

/** One line. `previous`: digest of the whole line before; `code`: MAC of the rest of it under the store's journal key. */
export const HeadLine = z.strictObject({
  n: LineNumber,
  at: Instant,
  previous: z.nullable(Digest),
  head: Head,
  code: z.strictObject({ key: z.string(), mac: z.string() }),
})
export type HeadLine = z.infer<typeof HeadLine>

/** How far a journal goes: kept where the store's writer cannot reach, it tells a journal that was cut or replaced. */
export const Anchor = z.strictObject({
  n: LineNumber,
  /** Of the whole line n. */
  digest: Digest,
  /** When line n was written. */
  at: Instant,
})
export type Anchor = z.infer<typeof Anchor>
