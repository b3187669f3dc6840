/**
 * What the functions of the workflow are given and return. Small: everything large travels as an object's key and version,
 * so that nobody reads other bytes than those that were handed on. Written in
 * `zod/mini`, which is an eighth of the bytes: every function bundles these, and only the first sees a person's input.
 */
import * as z from 'zod/mini'
import type { HeldoutVersion, PinnedLimits } from './heldout.ts'
import { DIGEST_PATTERN, ID_PATTERN, INSTANT_PATTERN, isPrintable, isSafeId, isSafeName } from './patterns.ts'

/** As `Id` of the full contracts, without its words: 1-128 characters, safe as one segment of a key. */
export const Id = z.string().check(z.regex(ID_PATTERN), z.refine(isSafeId))

/** `sha256:` and 64 lower-case hex digits. */
export const Digest = z.string().check(z.regex(DIGEST_PATTERN))

/** As `Name` of the full contracts: 1-300 printable characters, never used as a path. */
export const Name = z.string().check(z.minLength(1), z.maxLength(300), z.refine(isPrintable), z.refine(isSafeName))

/** Any text but the empty one. */
export const Text = z.string().check(z.minLength(1))
const Count = z.int().check(z.nonnegative())
/** As `$fromMillis` of the workflows writes one: UTC with milliseconds. By a pattern of ours: that of zod is 2 KB of every function. */
const Moment = z.string().check(z.regex(INSTANT_PATTERN))

/** An object, and which of its versions. Handed on in place of bytes: a payload of Step Functions holds 256 KiB. */
export const ObjectRef = z.strictObject({ key: Text, version_id: Text })
export type ObjectRef = z.infer<typeof ObjectRef>

/** Names a started run in every later call. */
export const RunRef = z.strictObject({
  run_id: Id,
  intent: Text,
  risk_class: Text,
  /** ARN of the execution that holds the lock. */
  execution: Text,
  /** When that execution was started, or redriven last; absent where a version before this one started it. */
  begun: z.optional(Text),
  started_at: z.string(),
  /** What was asked for. */
  request: ObjectRef,
})
export type RunRef = z.infer<typeof RunRef>

/** A compiled search set: its ref, the digest of its bytes, how many cases it holds, and the version of its object. */
export const SearchSetRef = z.strictObject({
  ref: z.string(),
  digest: Digest,
  cases: z.int().check(z.positive()),
  corrections: z.optional(z.strictObject({ n: z.int().check(z.positive()), digest: Digest })),
  version_id: Text,
})
type SearchSetRef = z.infer<typeof SearchSetRef>

/** What the checked rows of a version that is sealed now compare with: read off the recorded runs of the search. */
const Limits = z.custom<PinnedLimits>((value) => typeof value === 'object' && value !== null)
/** What the step that compiles a search set returns: the set, what it is laid out by, and its pieces, listed in an object. */
export interface CompiledSet {
  readonly search_set: SearchSetRef
  readonly pins: ObjectRef
  readonly items: ObjectRef
  readonly pieces: number
}

/**
 * `request`: what the execution was started with, not checked yet; `execution`: its ARN, which becomes the holder of
 * the lock.
 */
export const StartRunInput = z.strictObject({ request: z.unknown(), execution: Text, begun: z.optional(Text) })
export type StartRunInput = z.infer<typeof StartRunInput>

/** For the step that asks proposers: what the execution was started with, not checked yet. */
export const AskProposersInput = z.strictObject({ request: z.unknown() })
export type AskProposersInput = z.infer<typeof AskProposersInput>

/** For a step that needs no more than the run itself. */
export const RunInput = z.strictObject({ run: RunRef })
export type RunInput = z.infer<typeof RunInput>

/** One piece of a compiled search set, to be laid out as a shard. `piece` counts from 0. */
export const LayOutItem = z.strictObject({ run: RunRef, pins: ObjectRef, piece: Count, piece_version: Text })
export type LayOutItem = z.infer<typeof LayOutItem>

/** A search set of which every piece is laid out. */
export const GatherInput = z.strictObject({ run: RunRef, pins: ObjectRef, pieces: Count })
export type GatherInput = z.infer<typeof GatherInput>
/** The set as it lies in shards; that it refused the run, which has ended; or that pieces must be laid out again. */
export type GatheredSet =
  | { readonly limits: PinnedLimits; readonly panel: ObjectRef }
  | { readonly refused: true }
  | { readonly again: true }

/** What there is to seal anew: nothing, or held-out cases in so many pieces, in the vault. */
export interface PlannedSeal {
  readonly pieces: number
}

/** One piece of what is to be sealed. `piece` counts from 0. */
export const LayOutSealedItem = z.strictObject({ run: RunRef, piece: Count })
export type LayOutSealedItem = z.infer<typeof LayOutSealedItem>

/** What the sealer is told: the run, what its checked rows will be compared with, and how many pieces are laid out. */
export const SealVersionInput = z.strictObject({ run: RunRef, limits: Limits, pieces: Count })
export type SealVersionInput = z.infer<typeof SealVersionInput>

/** Published facts of a sealed version, as the sealer returns them; null: no sealed version can be asked. */
const Facts = z.nullable(z.custom<HeldoutVersion>((value) => typeof value === 'object' && value !== null))

/**
 * What the run is pinned to: the search set as it was compiled, and the facts of the sealed version that can be asked.
 */
export const PinRunInput = z.strictObject({
  run: RunRef,
  search_set: SearchSetRef,
  panel: ObjectRef,
  heldout: z.strictObject({ facts: Facts }),
})
export type PinRunInput = z.infer<typeof PinRunInput>

/** A pinned run: its input, and how its search set lies in shards. */
export const Pinned = z.strictObject({ input: ObjectRef, panel: ObjectRef })
export type Pinned = z.infer<typeof Pinned>

/**
 * `answer`: what a gate let out; null: none was asked yet. `kept`: what the call before left of its search; null: this is the
 * first; absent: an execution that an older version of the workflow started, and it searches from the beginning.
 */
export const AdvanceInput = z.strictObject({
  run: RunRef,
  pinned: Pinned,
  answer: z.nullable(ObjectRef),
  kept: z.optional(z.nullable(ObjectRef)),
})
export type AdvanceInput = z.infer<typeof AdvanceInput>

/** One line of a round: a shard of the search set under the settings of some candidates. `shard` counts from 0. */
export const ReplayItem = z.strictObject({
  run_id: Id,
  intent: Text,
  input: ObjectRef,
  settings: z.array(z.strictObject({ digest: Digest, version_id: Text })).check(z.minLength(1)),
  shard: Count,
  shard_version: Text,
})
export type ReplayItem = z.infer<typeof ReplayItem>

/** Where the answers to an item lie, in the order of its settings. */
export interface ReplayedItem {
  readonly answers: readonly ObjectRef[]
}

/**
 * What a run needs next: `count` replays, listed in an object; another call, since this one has worked for long; the answer of the gate; or nothing but to be finished with
 * what it came to; one that was refused has ended. `kept`: for the next call.
 */
export type Need =
  | { readonly kind: 'replays'; readonly items: ObjectRef; readonly count: number; readonly kept: ObjectRef }
  | { readonly kind: 'more'; readonly kept: ObjectRef }
  | { readonly kind: 'gate'; readonly question: ObjectRef; readonly kept: ObjectRef }
  | { readonly kind: 'done'; readonly outcome: ObjectRef }
  | { readonly kind: 'refused' }

/** A run whose artifacts are written, and what it came to. */
export const FinishInput = z.strictObject({ run: RunRef, pinned: Pinned, outcome: ObjectRef })
export type FinishInput = z.infer<typeof FinishInput>
/** How a run ended. */
export type Finished = { readonly verdict: string }

/** What a gate is asked; the list lies in the experience bucket under the run. */
export const GateInput = z.strictObject({ run: RunRef, pinned: Pinned, question: ObjectRef })
export type GateInput = z.infer<typeof GateInput>
/**
 * `due`: when the answer becomes readable, ISO 8601 in UTC. Of two reservations of one question the first one's stands.
 */
export const ReserveInput = z.strictObject({ asked: GateInput, due: Moment })
export type ReserveInput = z.infer<typeof ReserveInput>

/** A reserved question: how many items there are to score. `answer`: it is answered or refused already. */
export const Reserved = z.strictObject({
  items: Count,
  shards: Count,
  /** Scorings of one item; absent: one, as a version before this one reserved it. */
  together: z.optional(z.int().check(z.positive())),
  version: z.string(),
  question: Count,
  /** When the answer becomes readable, whatever it is: as the first reservation of this question was told. */
  due: Moment,
  answer: z.nullable(ObjectRef),
})
export type Reserved = z.infer<typeof Reserved>

/** A question as it was asked and as it was reserved. */
export const AnswerInput = z.strictObject({ asked: GateInput, reserved: Reserved })
export type AnswerInput = z.infer<typeof AnswerInput>

/**
 * One item of a reserved question: a shard of the sealed set under some candidates. `item` counts from 0, below `items`.
 */
export const ScoreItem = z.strictObject({ asked: GateInput, reserved: Reserved, item: Count })
export type ScoreItem = z.infer<typeof ScoreItem>

/** What the gate let out lies there. */
export interface Answered {
  readonly answer: ObjectRef
}

/** Execution status change of Step Functions, as far as it is read. */
export const ExecutionEnded = z.object({
  detail: z.object({
    executionArn: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    /** Milliseconds since 1970. */
    stopDate: z.number(),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
  }),
})
export type ExecutionEnded = z.infer<typeof ExecutionEnded>
