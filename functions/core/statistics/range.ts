/** The gate's argument checks: every refusal names the bad value and the allowed range. */

/**
 * Refuses anything but an integer in [min, max].
 * @throws RangeError
 */
export function requireInteger(name: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  const range = max === Number.MAX_SAFE_INTEGER ? `an integer >= ${min}` : `an integer in [${min}, ${max}]`
  throw new RangeError(`${name} must be ${range}, got ${value}`)
}

/**
 * Refuses a number outside an interval written the usual way: `[0, 1]` with its ends, `(0, 1)` without, `[0, 1)` half-open.
 * NaN lies in no interval.
 * @throws RangeError
 */
export function requireWithin(name: string, value: number, interval: Interval, min: number, max: number): void {
  const aboveMin = interval[0] === '[' ? value >= min : value > min
  const belowMax = interval[1] === ']' ? value <= max : value < max
  if (aboveMin && belowMax) return
  throw new RangeError(`${name} must be in ${interval[0]}${min}, ${max}${interval[1]}, got ${value}`)
}

/** Which ends of an interval belong to it: a square bracket includes the end. */
type Interval = '[]' | '[)' | '(]' | '()'

/**
 * Refuses true regression and improvement rates that are no probabilities or add up to more than 1.
 * @throws RangeError
 */
export function requireRates(p10: number, p01: number): void {
  requireWithin('p10', p10, '[]', 0, 1)
  // 1 - p10 is rounded: .9 and .1 are allowed to add up to 1.
  requireWithin('p01', p01, '[]', 0, Math.min(1, 1 - p10 + 1e-12))
}
