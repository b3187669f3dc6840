/**
 * What the functions of the workflow are given and return. Small: everything large travels as an object's key. Written in
 * `zod/mini`, which is an eighth of the bytes: every function bundles these, and only the first sees a person's input.
 */
import * as z from 'zod/mini'
import { DIGEST_PATTERN, ID_PATTERN, isSafeId } from './patterns.ts'

const Id = z.string().check(z.regex(ID_PATTERN), z.refine(isSafeId))
const Digest = z.string().check(z.regex(DIGEST_PATTERN))
const Text = z.string().check(z.minLength(1))
const Count = z.int().check(z.nonnegative())

/** Names a started run in every later call. */
export const RunRef = z.strictObject({
  run_id: Id,
  intent: Text,
  risk_class: Text,
  /** ARN of the execution that holds the lock. */
  execution: Text,
  started_at: z.string(),
})
export type RunRef = z.infer<typeof RunRef>

export const SearchSetRef = z.strictObject({ ref: z.string(), digest: Digest, cases: z.int().check(z.positive()) })
export type SearchSetRef = z.infer<typeof SearchSetRef>

export const StartRunInput = z.strictObject({ request: z.unknown(), execution: Text })
export type StartRunInput = z.infer<typeof StartRunInput>
export const RunInput = z.strictObject({ run: RunRef })
export type RunInput = z.infer<typeof RunInput>

/** One line of a round: a shard of the search set under one candidate's settings. */
export const ReplayItem = z.strictObject({ run_id: Id, settings: Digest, shard: Count })
export type ReplayItem = z.infer<typeof ReplayItem>

/** What a run needs next. */
export type Need =
  | { readonly kind: 'replays'; readonly items_key: string; readonly items: number }
  | { readonly kind: 'gate' }
  | { readonly kind: 'done'; readonly verdict: string }

/** What a gate is asked to do, and when its answer becomes readable; the question lies with the run. */
export const ReserveInput = z.strictObject({ run: RunRef, due: z.iso.datetime() })
export type ReserveInput = z.infer<typeof ReserveInput>
/** A reserved question: how many items there are to score. 0: it is answered or refused already. */
export const Reserved = z.strictObject({
  items: Count,
  shards: Count,
  version: z.string(),
  question: Count,
  /** When the answer becomes readable, whatever it is: as the first reservation of this question was told. */
  due: z.iso.datetime(),
})
export type Reserved = z.infer<typeof Reserved>
export const AnswerInput = z.strictObject({ run: RunRef, reserved: Reserved })
export type AnswerInput = z.infer<typeof AnswerInput>
export const ScoreItem = z.strictObject({ run: RunRef, reserved: Reserved, item: Count })
export type ScoreItem = z.infer<typeof ScoreItem>

/** Execution status change of Step Functions, as far as it is read. */
export const ExecutionEnded = z.object({
  detail: z.object({
    executionArn: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
  }),
})
export type ExecutionEnded = z.infer<typeof ExecutionEnded>
