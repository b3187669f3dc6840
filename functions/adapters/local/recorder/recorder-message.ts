/** Messages between the program and the process of a user's own recorder, a line of JSON each. */
import * as z from 'zod'
import { Json, type Settings } from '#schemas/common.ts'
import type { HarnessCase } from '#schemas/harness.ts'

/** Descriptor on which a recorder's messages leave. */
export const MESSAGES = 3
/** Longest thing that a recorder may return. */
export const MOST_BYTES = 4_000_000

/** One case to be recorded under some settings. */
export interface RecorderJob {
  readonly recorded: HarnessCase
  readonly settings: Settings
}

export interface ToRecorder extends RecorderJob {
  readonly id: string
}

/** Is the module loaded, or what became of a case. */
export const FromRecorder = z.union([
  z.strictObject({ loaded: z.string().nullable() }),
  z.strictObject({ id: z.string(), returned: Json }),
  z.strictObject({ id: z.string(), failed: z.string() }),
])
export type FromRecorder =
  | { readonly loaded: string | null }
  | { readonly id: string; readonly returned: unknown }
  | { readonly id: string; readonly failed: string }
