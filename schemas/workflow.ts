/** What the functions of the workflow are given and return. Small: everything large travels as an object's key. */
import * as z from 'zod'
import { CandidateChange } from './candidate.ts'
import { Digest, Id, Name } from './common.ts'
import { HeldoutVersion } from './heldout.ts'
import { TuningTarget } from './target.ts'

/** What starts a tuning workflow: the input of its execution. */
export const StartRequest = z.strictObject({
  target: TuningTarget,
  candidates: z.array(CandidateChange).nullable().default(null),
  run_id: Id.nullable().default(null).meta({ description: 'Id of the run; null: made from the clock and the metric.' }),
  demonstration: z.string().nullable().default(null),
})
export type StartRequest = z.infer<typeof StartRequest>

/** Names a started run in every later call. */
export const RunRef = z.strictObject({
  run_id: Id,
  intent: Name,
  risk_class: Name,
  execution: z.string().min(1).meta({ description: 'ARN of the execution that holds the lock.' }),
  started_at: z.string(),
})
export type RunRef = z.infer<typeof RunRef>

export const SearchSetRef = z.strictObject({ ref: z.string(), digest: Digest, cases: z.int().min(1) })
export type SearchSetRef = z.infer<typeof SearchSetRef>

export const StartRunInput = z.strictObject({ request: z.unknown(), execution: z.string().min(1) })
export const RunInput = z.strictObject({ run: RunRef })
export const PinRunInput = z.strictObject({
  run: RunRef,
  search_set: SearchSetRef,
  heldout: z.strictObject({
    facts: HeldoutVersion.nullable().meta({ description: 'Null: no sealed version can be asked.' }),
  }),
})

/** One line of a round: a shard of the search set under one candidate's settings. */
export const ReplayItem = z.strictObject({ run_id: Id, settings: Digest, shard: z.int().min(0) })
export type ReplayItem = z.infer<typeof ReplayItem>

/** What a run needs next. */
export const Need = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('replays'), items_key: z.string(), items: z.int().min(1) }),
  z.strictObject({ kind: z.literal('gate') }),
  z.strictObject({ kind: z.literal('done'), verdict: z.string() }),
])
export type Need = z.infer<typeof Need>

/** What a gate is asked; the list lies in the experience bucket under the run. */
export const GateInput = z.strictObject({ run: RunRef })
/** A reserved question: how many items there are to score. 0: it is answered or refused already. */
export const Reserved = z.strictObject({
  items: z.int().min(0),
  shards: z.int().min(0),
  version: z.string(),
  question: z.int().min(0),
})
export type Reserved = z.infer<typeof Reserved>
export const ScoreItem = z.strictObject({ run: RunRef, reserved: Reserved, item: z.int().min(0) })

/** Execution status change of Step Functions, as far as it is read. */
export const ExecutionEnded = z.object({
  detail: z.object({
    executionArn: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
})
