/**
 * Comparisons that decide: false wherever one side is no finite number, so that what was not measured blocks. With a bare
 * operator the author has to think of it each time: `NaN > limit` is false, and so is "it is above the limit".
 */

/**
 * Is a value at most a limit? Write what lets through, never what stops: `isAtMost(rise, limit) ? 'good' : 'bad'`.
 * @param nudge how much above the limit still counts as at it, for values that were rounded on the way, in their unit
 */
export const isAtMost = (value: number, limit: number, nudge = 0): boolean =>
  Number.isFinite(value) && Number.isFinite(limit) && value <= limit + nudge

/** Is a value at least a limit? As `isAtMost`. */
export const isAtLeast = (value: number, limit: number, nudge = 0): boolean =>
  Number.isFinite(value) && Number.isFinite(limit) && value >= limit - nudge

/** Is a value below a limit, and both of them finite? */
export const isBelow = (value: number, limit: number): boolean =>
  Number.isFinite(value) && Number.isFinite(limit) && value < limit

/** Does a value lie between two finite ends, both of them included? */
export const isWithin = (value: number, least: number, most: number): boolean =>
  isAtLeast(value, least) && isAtMost(value, most)
