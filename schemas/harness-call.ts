/**
 * What a deployed harness answers to one case, as JSON. It cannot call back: the recorded answers are sent with the case
 * (`HarnessCall` in functions/core/replay/pinned-answers.ts), and functions/harness-client answers from them.
 */
import * as z from 'zod/mini'

/**
 * One of four answers, told apart by their field. `unreplayable` and `failed` are texts of at most 2,000 and 20,000
 * characters; both count against the candidate, as in a replay on the laptop (DESIGN 4).
 */
export const HarnessReturn = z.union([
  /** What `replay` returned, and which steps of the recording answered it, in the order in which they were asked for. */
  z.strictObject({ returned: z.unknown(), served: z.array(z.int().check(z.nonnegative())) }),
  /** It asked for something that was not recorded. */
  z.strictObject({ unreplayable: z.string().check(z.maxLength(2000)) }),
  /** It threw. */
  z.strictObject({ failed: z.string().check(z.maxLength(20_000)) }),
  /** It asks the model; called again with the answer, it comes past that point. */
  z.strictObject({ asks_model: z.strictObject({ prompt: z.string() }) }),
])
export type HarnessReturn = z.infer<typeof HarnessReturn>

/** A harness module that a deployment runs, as whoever replays with it is told: the module, and the version that is called. */
export interface DeployedHarness {
  readonly kind: 'module'
  readonly path: string
  /** Digest of the module and the files that it names, as a run pins it. */
  readonly digest: string
  readonly limit_ms: number
  /** How its network is closed where that is more than Node does: in a VPC that lets nothing out. Absent: it is not. */
  readonly cage?: 'belt'
  /** ARN with a version number, of the function on the side of whoever asks. */
  readonly function_arn: string
}

/** Longest that the process of a deployed module takes to start and to load, in milliseconds. */
export const HARNESS_START_MS = 30_000

/** What comes back. `digest`: of the bytes that run there, computed there. */
export const ReplayReturn = z.union([
  z.strictObject({ digest: z.string(), reply: HarnessReturn }),
  z.strictObject({ digest: z.string(), unloadable: z.string() }),
])
export type ReplayReturn = z.infer<typeof ReplayReturn>
