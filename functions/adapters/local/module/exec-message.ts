/**
 * The protocol of a harness that is a program: JSON lines, cases and answers on its stdin, questions and results on its
 * stdout. What comes out is held to this shape before a word of it is believed. docs/own-harness.md shows a session.
 */
import * as z from 'zod'
import { Question } from './host-message.ts'

/** What the first line of both sides says, and the version of the protocol: another one is another protocol. */
export const HELLO = 'autotune-harness'
export const PROTOCOL = 1

export const FromExec = z.union([
  /** The answer to the program's own greeting, before anything else. */
  z.strictObject({ hello: z.literal(HELLO), protocol: z.int() }),
  /** `call` names the question in the answer. */
  z.strictObject({ id: z.string(), call: z.int().nonnegative(), question: Question }),
  z.strictObject({ id: z.string(), returned: z.unknown() }),
  z.strictObject({ id: z.string(), failed: z.string() }),
])
export type FromExec = z.infer<typeof FromExec>
