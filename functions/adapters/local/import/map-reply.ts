/** Messages between the program and the process of a map, which is believed nothing: a record may have broken out of the engine. */
import * as z from 'zod'
import { believed } from '../cage/believed.ts'

/** First line to the child. */
export interface ChildSettings {
  readonly text: string
  readonly guards: { readonly timeout: number; readonly stack: number; readonly sequence: number }
  readonly maxReplyChars: number
  /** Each line is the list of the records of a group. */
  readonly grouped: boolean
}

/** A line from the child: `ready` once, then one answer a record, in order. */
const Reply = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('mapped'), value: z.unknown() }),
  z.strictObject({ kind: z.literal('skipped') }),
  z.strictObject({ kind: z.literal('failed'), field: z.string().nullable(), problem: z.string(), todo: z.string() }),
])
export type Reply = z.infer<typeof Reply>

/** What became of one record. */
export type Answer = Exclude<Reply, { kind: 'ready' }>

/** A record nests 100 levels at most; the reply is a few more. */
const MOST_LEVELS = 110

/** What a child said; null: a child of ours does not write that, so something broke out of the map engine. */
export const replyOf = (line: Buffer): Reply | null => believed(Reply, line, MOST_LEVELS)
