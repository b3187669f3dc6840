/** Which traces of an import wait for their rest: what is stored never changes, so what may still grow is not stored. */
import { hoursBetween } from '../instant.ts'
import { compareInstants } from './ids.ts'
import type { Trace } from './trace.ts'

/** Why a trace waits. */
export const WAITING = ['not_ended', 'cut', 'just_ended'] as const
export type WaitReason = (typeof WAITING)[number]

/** A trace that has not ended, or whose root is missing, is given up (`open`, `cut`) when it has waited so long. */
export const LONGEST_WAIT_DAYS = 30

const NANOS_PER_MS = 1_000_000n

/**
 * Has a trace ended so lately that spans of it may still be on their way? One that ends later than that after now has a wrong
 * clock, and waiting would not mend it.
 *
 * @param now milliseconds since 1970
 * @param settleMs milliseconds from the end of the last span
 */
export function justEnded({ spans }: Pick<Trace, 'spans'>, now: number, settleMs: number): boolean {
  let last: string | null = null
  for (const { start, end } of spans) if (compareInstants(end ?? start, last) > 0) last = end ?? start
  if (last === null || !/^\d+$/.test(last)) return false
  const ago = BigInt(now) * NANOS_PER_MS - BigInt(last)
  const settle = BigInt(Math.round(settleMs)) * NANOS_PER_MS
  return ago < settle && ago > -settle
}

/** Has what was first read at `since` waited longer than anything may? */
export const waitedTooLong = (since: string, now: string): boolean => hoursBetween(since, now) > LONGEST_WAIT_DAYS * 24
