/**
 * A quantile held below a limit that was fixed beforehand: a count of those above it. Valid for any distribution, as one
 * decision a family is looked at.
 */

import { binomCdf } from './binomial.ts'
import { ASK_POWER, NEED_LIMIT, NEED_STEP } from './needed.ts'
import { requireInteger, requireWithin } from './range.ts'

/** Share of decisions that may lie above a p95. */
export const P95_SHARE = 0.05

/**
 * p-value of "a share of `share` or more lies above the limit" after x of N families did: BinCDF(x; N, share). With share .05
 * it is the p-value of "the p95 is above the limit". Source: gate, 0.4.
 * @param x families whose one decision lies above the limit or is not measured, an integer in [0, N]
 * @param N families, an integer >= 0
 * @param share in (0, 1)
 * @throws RangeError
 */
export function pTailShare(x: number, N: number, share: number): number {
  requireInteger('N', N, 0)
  requireInteger('x', x, 0, N)
  requireWithin('share', share, '()', 0, 1)
  return N === 0 ? 1 : binomCdf(x, N, share)
}

/** The largest x that still passes at a level; -1 when not even none would. */
export function mostAbove(N: number, share: number, alpha: number): number {
  requireInteger('N', N, 0)
  requireWithin('alpha', alpha, '()', 0, 1)
  if (N === 0) return -1
  // BinCDF rises in x, so the last one that passes is found by halving.
  let low = -1
  let high = N
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (pTailShare(middle, N, share) <= alpha) low = middle
    else high = middle
  }
  return low
}

/**
 * The probability that the count passes, given the true share above the limit.
 * @param N families, an integer >= 0
 * @param alpha the level, in (0, 1)
 * @param rate true share above the limit, in [0, 1]
 * @throws RangeError
 */
export function powerTailShare(N: number, share: number, alpha: number, rate: number): number {
  requireWithin('rate', rate, '[]', 0, 1)
  return binomCdf(mostAbove(N, share, alpha), N, rate)
}

/**
 * Families to ask for: the smallest multiple of 50 with power >= .5, there and at the next two multiples (power is a saw-tooth
 * in N).
 * @returns a multiple of 50 up to NEED_LIMIT; null when no number would do, as for a rate of `share` or more
 * @throws RangeError
 */
export function neededTailShare(share: number, alpha: number, rate: number): number | null {
  if (rate >= share) return null
  const enough = (N: number): boolean => powerTailShare(N, share, alpha, rate) >= ASK_POWER
  for (let N = NEED_STEP; N <= NEED_LIMIT; N += NEED_STEP)
    if (enough(N) && enough(N + NEED_STEP) && enough(N + 2 * NEED_STEP)) return N
  return null
}
