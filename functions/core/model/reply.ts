/** What a model answered, and how that can stand on record: what an endpoint sends may hold values that have no canonical form. */
import type { ModelAnswer } from '#schemas/harness.ts'

/** What a model answered. Token counts are null where the endpoint told none. */
export interface ModelReply extends ModelAnswer {
  /** It ended at `max_tokens`: the rest is missing. Absent: it ended by itself, or the endpoint does not say. */
  readonly cut?: true
  /** Part of `prompt_tokens` that the endpoint read from its own cache; absent: not told. */
  readonly cached_prompt_tokens?: number
  /** Part of `completion_tokens` that was reasoning; absent: not told. */
  readonly reasoning_tokens?: number
}

/** This request will never be answered, and why: its model or a filter before it said no. An answer of its own. */
export interface ModelRefusal {
  readonly refused: string
}

/** Deepest nesting of an answer that is kept: whoever works on values calls itself. */
const MOST_LEVELS = 50

/**
 * The same reply with half a character as U+FFFD, and null for a number that is none (`1e999`) and for what nests too deep.
 * Without that an answer that was paid for could not be kept, and would be asked and paid for at each start of the run.
 */
export const recordable = <T>(reply: T): T => kept(reply, 0) as T

function kept(value: unknown, level: number): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return value
  if (level === MOST_LEVELS) return null
  if (Array.isArray(value)) return value.map((one) => kept(one, level + 1))
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key.toWellFormed(), kept(of, level + 1)]))
}
