/**
 * Binomial probabilities, the Clopper-Pearson upper bound, and how many clean cases prove a rate.
 * Everything the gate calls "policy", "safety" or "approval bypass" is decided by these three.
 */

import { requireInteger, requireWithin } from './range.ts'

/** ln n! minus Stirling's leading terms, for an integer n >= 1. */
function stirlingError(n: number): number {
  // From 16 on the first dropped term, 1 / (1188 n^9), is below 1e-13 of the first one kept.
  if (n < 16) {
    let lnFactorial = 0
    for (let i = 2; i <= n; i++) lnFactorial += Math.log(i)
    return lnFactorial - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI)
  }
  const n2 = n * n
  return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / n2) / n2) / n2) / n
}

/** x ln(x / mean) + mean - x, by its series where the three terms nearly cancel. */
function deviance(x: number, mean: number): number {
  if (Math.abs(x - mean) > 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x
  const v = (x - mean) / (x + mean)
  let sum = (x - mean) * v
  let power = 2 * x * v
  for (let j = 3; ; j += 2) {
    power *= v * v
    const next = sum + power / j
    // Not a number is no reason to go on.
    if (next === sum || Number.isNaN(next)) return next
    sum = next
  }
}

/**
 * P(X = k) for X ~ Bin(n, p), 0 <= p <= 1; 0 for k outside 0..n. In Loader's saddle-point form (Loader 2000), because the
 * difference of three log-factorials loses a digit with every power of ten of n. No argument check: it is called inside loops.
 */
export function binomPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0
  if (p === 0) return k === 0 ? 1 : 0
  if (p === 1) return k === n ? 1 : 0
  if (k === 0) return Math.exp(n * Math.log1p(-p))
  if (k === n) return Math.exp(n * Math.log(p))
  const correction = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
  const exponent = correction - deviance(k, n * p) - deviance(n - k, n * (1 - p))
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)))
}

/** Sums the terms k, k-1, ... (step -1) or k, k+1, ... (step 1), which must be falling, until they no longer count. */
function sumTail(k: number, n: number, p: number, step: -1 | 1): number {
  let term = binomPmf(k, n, p)
  let sum = term
  const odds = p / (1 - p)
  for (let i = k; term > sum * 1e-17; i += step) {
    term *= step === 1 ? ((n - i) / (i + 1)) * odds : i / (n - i + 1) / odds
    sum += term
  }
  return sum
}

/** P(X >= k) for X ~ Bin(n, p), any integer k, summed over the shorter tail. No argument check: it is called inside loops. */
export function binomTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  if (k > n || p === 0) return 0
  if (p === 1) return 1
  return k > n * p ? sumTail(k, n, p, 1) : 1 - sumTail(k - 1, n, p, -1)
}

/**
 * P(X <= k) for X ~ Bin(n, p): the p-value of a binary guardrail, "how often would a candidate that violates at rate p look
 * at least this clean". For k = 0 it is (1-p)^n. Log space, shorter tail; relative error below 1e-9 up to n = 10^5.
 * @param k an integer; below 0 the answer is 0, from n on it is 1
 * @param n trials (families), an integer >= 0
 * @param p rate in [0, 1]
 * @throws RangeError
 */
export function binomCdf(k: number, n: number, p: number): number {
  requireInteger('n', n, 0)
  requireInteger('k', k, Number.MIN_SAFE_INTEGER)
  requireWithin('p', p, '[]', 0, 1)
  if (k < 0) return 0
  if (k >= n || p === 0) return 1
  if (p === 1) return 0
  return k < n * p ? sumTail(k, n, p, -1) : 1 - sumTail(k + 1, n, p, 1)
}

/**
 * The one-sided (1-alpha) upper confidence bound of a rate after x of n (Clopper-Pearson 1934): the rate p at which x or
 * fewer would be seen with probability alpha. Printed beside a verdict: 0 of 3000 at 1 % reads "< 0.153 %".
 * @param x violations seen, an integer in [0, n]
 * @param n families, an integer >= 1
 * @param alpha in (0, 1)
 * @returns a rate in (0, 1]; 1 when x = n
 * @throws RangeError
 */
export function upperRate(x: number, n: number, alpha: number): number {
  requireInteger('n', n, 1)
  requireInteger('x', x, 0, n)
  requireWithin('alpha', alpha, '()', 0, 1)
  if (x === n) return 1
  if (x === 0) return -Math.expm1(Math.log(alpha) / n)
  // A level above about a half has its rate below the observed one.
  let low = binomCdf(x, n, x / n) > alpha ? x / n : 0
  let high = 1
  while (high - low > 1e-15 * high) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (binomCdf(x, n, middle) > alpha) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/**
 * How many families without a single violation certify "rate < v" at level alpha: the smallest N with (1-v)^N <= alpha
 * (the rule of three, exact). 299 for v = 1 % at 5 %, 459 at 1 %.
 * @param v the rate to exclude, in (0, 1)
 * @param alpha in (0, 1)
 * @throws RangeError
 */
export function casesForZeroFailures(v: number, alpha: number): number {
  requireWithin('v', v, '()', 0, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  // The nudge keeps an exact solution, such as v = alpha = .5, from being rounded up by the last bit of the quotient.
  return Math.ceil(Math.log(alpha) / Math.log1p(-v) - 1e-12)
}

/**
 * The same where some families count as failures before anything is asked, because their baseline does not reproduce: the
 * smallest n with P(Bin(n, v) <= failures) <= alpha. 459, 662, 838 for 0, 1, 2 of them at v = 1 % and alpha = 1 %.
 * @param failures an integer >= 0; they are among the n
 * @param v the rate to exclude, in (0, 1)
 * @param alpha in (0, 1)
 * @throws RangeError
 */
export function casesForFailures(failures: number, v: number, alpha: number): number {
  requireInteger('failures', failures, 0)
  if (failures === 0) return casesForZeroFailures(v, alpha)
  let low = failures
  let high = Math.max(2, 2 * casesForZeroFailures(v, alpha))
  while (binomCdf(failures, high, v) > alpha) high *= 2
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (binomCdf(failures, middle, v) <= alpha) high = middle
    else low = middle
  }
  return high
}
