/** What comes out of a process in which anybody's code runs: held to this shape before a word of it is believed. */
import * as z from 'zod'

const count = z.int().nonnegative()
const depth = z.int().positive().optional()

/** What a harness asks of the recording, by the name of the method and its arguments. */
export const Question = z.discriminatedUnion('method', [
  // Parsed from JSON as they are: `z.json()` drops a key "__proto__", and what was not recorded would be answered.
  z.strictObject({ method: z.literal('tool'), name: z.string(), args: z.unknown() }),
  z.strictObject({ method: z.literal('retrieve'), bucket: z.string(), hop: depth, top_k: count.optional() }),
  z.strictObject({ method: z.literal('model'), prompt: z.string() }),
])
export type Question = z.infer<typeof Question>

/** A message of a host, a line of JSON. */
export const FromHost = z.union([
  /** The module is loaded, or why it is not. */
  z.strictObject({ loaded: z.string().nullable() }),
  z.strictObject({ id: z.string(), call: count, question: Question }),
  /** `printed`: first lines that the harness wrote. */
  z.strictObject({ id: z.string(), returned: z.unknown(), printed: z.string() }),
  /** `stray`: thrown outside of the case's own promise, so an earlier case may be to blame. */
  z.strictObject({ id: z.string(), failed: z.string(), stray: z.boolean(), printed: z.string() }),
])
export type FromHost = z.infer<typeof FromHost>
