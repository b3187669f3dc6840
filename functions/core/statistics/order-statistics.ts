/** Bounds that benchmarks compare with. Nothing here is on the gate's path. */
import { binomCdf } from './binomial.ts'
import { requireInteger, requireWithin } from './range.ts'

function requireQuantile(n: number, q: number, alpha: number): void {
  requireInteger('n', n, 1)
  requireWithin('q', q, '()', 0, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
}

/**
 * Benchmarks only. Which order statistic is a one-sided (1-alpha) upper bound of the q-quantile, whatever the distribution:
 * the smallest k with BinCDF(k-1; n, q) >= 1-alpha.
 * @param n values, an integer >= 1
 * @param q in (0, 1)
 * @param alpha in (0, 1)
 * @returns a 1-based rank in [1, n], or null when n values cannot give such a bound
 * @throws RangeError
 */
export function quantileUpperIndex(n: number, q: number, alpha: number): number | null {
  requireQuantile(n, q, alpha)
  for (let k = 1; k <= n; k++) {
    if (binomCdf(k - 1, n, q) >= 1 - alpha) return k
  }
  return null
}

/**
 * Benchmarks only. Which order statistic is a one-sided (1-alpha) lower bound of the q-quantile: the largest k with
 * BinCDF(k-1; n, q) <= alpha.
 * @param n values, an integer >= 1
 * @param q in (0, 1)
 * @param alpha in (0, 1)
 * @returns a 1-based rank in [1, n], or null when n values cannot give such a bound
 * @throws RangeError
 */
export function quantileLowerIndex(n: number, q: number, alpha: number): number | null {
  requireQuantile(n, q, alpha)
  for (let k = n; k >= 1; k--) {
    if (binomCdf(k - 1, n, q) <= alpha) return k
  }
  return null
}

/** x ln(x / y), which is 0 at x = 0. */
function xLnRatio(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(x / y)
}

/**
 * Benchmarks only. Hoeffding-Bentkus p-value of "the mean loss is at least limit" (Angelopoulos et al. 2021, Learn then Test).
 * For losses in [0, 1]: fed with a difference it accepts far too often, so a negative risk is refused.
 * @param risk observed mean loss, in [0, 1]
 * @param n cases, an integer >= 1
 * @param limit in (0, 1)
 * @returns a p-value in [0, 1]
 * @throws RangeError
 */
export function pHB(risk: number, n: number, limit: number): number {
  requireWithin('risk', risk, '[]', 0, 1)
  requireInteger('n', n, 1)
  requireWithin('limit', limit, '()', 0, 1)
  const x = Math.min(risk, limit)
  const hoeffding = Math.exp(-n * (xLnRatio(x, limit) + xLnRatio(1 - x, 1 - limit)))
  const bentkus = Math.E * binomCdf(Math.ceil(n * risk - 1e-12), n, limit)
  return Math.min(1, hoeffding, bentkus)
}
