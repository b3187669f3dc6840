/**
 * The contract of a user's own harness: what the module exports, what a replay gives it, and what it must return.
 *
 *     export async function replay(recorded, settings, pinned) { ... return result }
 *
 * `replay` is a pure function of its three arguments: same arguments, same result, whatever ran before it. It reads no
 * clock, draws no random numbers and calls nothing live: every outside answer comes from `pinned`.
 */
import * as z from 'zod/mini'
import type { JsonValue, Settings } from './common.ts'
import { isJson } from './json-value.ts'
import { MOST } from './measures.ts'
import { isPrintable, isSafeName } from './patterns.ts'

// In `zod/mini`: every function that replays bundles this. The same rules as `Name` of the other contracts.
const Name = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(300),
    z.refine(isPrintable, 'a name holds no control characters'),
    z.refine(isSafeName, 'a name holds no "../" and is no reserved word'),
    z.meta({ description: 'Printable name, never used as a path.' }),
  )
/** Not `z.json()`, which drops a key "__proto__": a decision that differs by it would pass for the recorded one. */
const Json = z.unknown().check(
  z.refine((value) => isJson(value), 'no JSON, or JSON with a key "__proto__"'),
  z.meta({ description: 'Any JSON value.' }),
) as unknown as z.ZodMiniType<JsonValue, JsonValue>
const tokens = z.int().check(z.nonnegative(), z.lte(MOST.tokens))

/** More than any agent does in one case: what works on them compares each with each. */
const MOST_ACTIONS = 1000
const MOST_PASSAGES = 10_000

/** One decided action, as the recording names it: tool name and arguments as JSON. */
export const HarnessAction = z.strictObject({ name: Name, arguments: Json })
export type HarnessAction = z.infer<typeof HarnessAction>

/** One gated action: did it wait for a person. `amount` in the unit of the gate's threshold; null: unknown. */
export const HarnessApproval = z.strictObject({
  gate: z.string().check(z.regex(/^[a-z][a-z0-9_]*$/, 'a gate is a lower-case word')),
  action: z
    .nullable(z.int().check(z.nonnegative()))
    .check(z.meta({ description: 'Index into the actions; null: none.' })),
  amount: z.nullable(z.number().check(z.nonnegative(), z.lte(MOST.amount))),
  asked: z.boolean(),
})
export type HarnessApproval = z.infer<typeof HarnessApproval>

/**
 * What `replay` returns. A decision other than the recorded one has no recorded outcome, and counts as not passed. A
 * result that does not parse is a failed replay of that case.
 */
export const HarnessResult = z.strictObject({
  status: z.nullable(Name).check(z.meta({ description: 'Decision status, e.g. DECIDED or ESCALATED.' })),
  outputs: z.nullable(Json),
  evidence_refs: z
    .array(Name)
    .check(z.maxLength(MOST_PASSAGES))
    .check(z.meta({ description: 'Passages that stood in the context, each once, all of them offered.' })),
  actions: z.optional(z.array(HarnessAction).check(z.maxLength(MOST_ACTIONS))).check(
    z.meta({
      description:
        'Every call through pinned.tool, in order, and what was decided beside them. Absent: exactly those calls.',
    }),
  ),
  approvals: z.optional(z.array(HarnessApproval).check(z.maxLength(MOST_ACTIONS))).check(
    z.meta({
      description: 'Absent: gates ask by the thresholds in the settings, and as recorded where there is none.',
    }),
  ),
  refused: z
    .optional(z.nullable(z.boolean()))
    .check(z.meta({ description: 'Did it refuse; absent or null: not said.' })),
  usage: z
    .nullable(
      z.array(
        z.strictObject({
          // As pinned.model gives them: where the recording, or an endpoint, does not say, they are null.
          model: z.nullable(Name),
          prompt_tokens: z.nullable(tokens),
          completion_tokens: z.nullable(tokens),
          cached_prompt_tokens: z.optional(tokens),
          cache_write_tokens: z.optional(tokens),
          reasoning_tokens: z.optional(tokens),
        }),
      ),
    )
    .check(
      z.meta({ description: 'One entry a model call; null, or a null in it: not counted, so cents are not measured.' }),
    ),
  latency_ms: z.optional(z.nullable(z.number().check(z.nonnegative(), z.lte(MOST.ms)))).check(
    z.meta({
      description: 'Absent: as recorded, less the recorded calls that were not made. null: not measured.',
    }),
  ),
})
export type HarnessResult = z.infer<typeof HarnessResult>

/**
 * The recorded request, read-only. Outcome, labels and the recorded decision are not in it: a harness must not see its
 * answer.
 */
export interface HarnessCase {
  /** Recordings of one case under different settings share it. */
  readonly case_id: string
  /** Customer or conversation. */
  readonly family_id: string
  readonly intent_id: string
  /** Day of the recording, YYYY-MM-DD. */
  readonly date: string | null
  /** Pack that served the recording; null: not recorded. */
  readonly pack_version: string | null
  /** What the user said, in order. */
  readonly messages: readonly { readonly role: 'user'; readonly content: string }[]
  /** Settings under which the recording was made. */
  readonly settings: Settings
}

/** A recorded tool result. Null fields were not recorded; a harness must not take them for success. */
export interface ToolAnswer {
  readonly content: string | null
  readonly error: boolean | null
  /** Milliseconds of the recorded call. */
  readonly latency_ms: number | null
}

/** A recorded passage. `ranks` counts from 1 inside its bucket and hop, under each recorded ordering. */
export interface Passage {
  readonly evidence_ref: string
  readonly bucket: string
  readonly source: string | null
  /** Counts from 1. */
  readonly hop: number
  readonly ranks: Readonly<Record<string, number>>
  /** Null: not recorded; count ceil(characters / 4) of the text. */
  readonly tokens: number | null
  readonly text: string | null
}

/**
 * A recorded model call and what it led to: the words that followed it and the tools that it called. Null fields were
 * not recorded; latency is in milliseconds.
 */
export interface ModelAnswer {
  readonly model: string | null
  readonly content: string | null
  readonly tool_calls: readonly HarnessAction[]
  readonly prompt_tokens: number | null
  readonly completion_tokens: number | null
  readonly latency_ms: number | null
}

/**
 * Answers from the recording. Whatever was not recorded throws `UnpinnedCall`, which makes the case unreplayable, also
 * when the harness catches it.
 */
export interface Pinned {
  /** Result of a recorded call with this name and these arguments (as JSON); the same call again gets the next result. */
  tool(name: string, args: unknown): Promise<ToolAnswer>
  /**
   * All passages that a bucket offered in a hop (absent: in all hops), by hop and rank `as_ranked`. Say how many are
   * wanted with `top_k`: more than were recorded is an unpinned call, unless the store held no more.
   */
  retrieve(bucket: string, options?: { readonly hop?: number; readonly top_k?: number }): Promise<readonly Passage[]>
  /**
   * The next recorded model call. `prompt` is all that would be sent: every value that the recorded tool calls took from
   * the recording must still stand in it, and the recording must have been made under the same planner and prompt.
   */
  model(request: { readonly prompt: string }): Promise<ModelAnswer>
}

/**
 * What a harness module exports. A throw or a result that does not parse fails the case; so does a call that takes
 * longer than its limit.
 */
export interface HarnessModule {
  replay(recorded: HarnessCase, settings: Settings, pinned: Pinned): Promise<HarnessResult> | HarnessResult
}

/**
 * What a module of an evaluator `module` exports. `view` is what the evaluator reads of a replayed case, read-only; same view,
 * same answer. True, false, or a number of the evaluator's range; null: not measured. Anything else, or a throw, is no verdict.
 */
export interface VerdictModule {
  judge(view: unknown): Promise<boolean | number | null> | boolean | number | null
}
