/** What a deployed module that judges is asked, and what its function answers, as JSON; and where it is. */
import * as z from 'zod/mini'

/** A function that judges with a module: which bytes, and the published version that is called. */
export interface DeployedJudge {
  /** Digest of the module and the files that it names, as a suite pins it. */
  readonly digest: string
  /** ARN with a version number. */
  readonly function_arn: string
  /** Calls at once that are reserved for it: whoever asks more is throttled. */
  readonly at_once: number
}

/** Views of one pass, canonical JSON each, and the longest that one may take, in milliseconds. */
export interface JudgeCall {
  readonly views: readonly string[]
  readonly limit_ms: number
}

/** Longest that a module may take for one verdict, in milliseconds, where its evaluator does not say. */
export const VERDICT_MS = 1000

/** Longest that a deployed module may take for one view, in milliseconds: a shard has five minutes for all of them, twice. */
export const MOST_DEPLOYED_MS = 10_000

/** How long a view is waited for that was cut at its limit: it is asked once more, so that no busy machine gives another verdict. */
export const patienceMs = (limitMs: number): number => Math.max(limitMs, Math.min(10 * limitMs, 10_000))

/** Most views of one call. */
export const VIEWS_A_CALL = 16

/** What comes back. `digest`: of the bytes that run there, computed there. */
export const JudgeReturn = z.union([
  /** In the order of the views. */
  z.strictObject({
    digest: z.string(),
    answers: z.array(z.union([z.strictObject({ returned: z.unknown() }), z.strictObject({ failed: z.string() })])),
  }),
  z.strictObject({ digest: z.string(), unloadable: z.string() }),
])
export type JudgeReturn = z.infer<typeof JudgeReturn>
