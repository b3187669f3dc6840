/**
 * Graded utility (scores from 0 to 1): evidence by betting against "the mean drop is m or more". For pass/fail utility the
 * exact test has more power and is used instead.
 */

import { indexDraws } from './generator.ts'
import { requireInteger, requireWithin } from './range.ts'

function requireBets(deltas: readonly number[], m: number, stake: number): void {
  requireWithin('m', m, '[)', 0, 1)
  requireWithin('stake', stake, '[)', 0, 1 / (1 - m))
  for (const delta of deltas) requireWithin('delta', delta, '[]', -1, 1)
}

/**
 * The money after betting a fixed stake, family by family, on "the drop is smaller than m", starting from 1. If the true mean
 * drop is m or more it never grows in expectation, so it reaches 1/a with probability <= a (Ville 1939; Waudby-Smith, Ramdas
 * 2024). The same bytes for any order of the deltas.
 * @param deltas candidate minus baseline score, one per family, each in [-1, 1]
 * @param m tolerated mean drop, in [0, 1)
 * @param stake in [0, 1/(1-m)), fixed before the sealed set is opened
 * @returns E >= 0; Infinity when it exceeds the largest double
 * @throws RangeError
 */
export function evidence(deltas: readonly number[], m: number, stake: number): number {
  requireBets(deltas, m, stake)
  // Sorted, because a sum of doubles depends on its order in the last bits.
  const sorted = Float64Array.from(deltas).sort()
  return Math.exp(sorted.reduce((sum, delta) => sum + Math.log1p(stake * (delta + m)), 0))
}

/**
 * The p-value of an amount of evidence: min(1, 1/E) (Ville 1939).
 * @param e what `evidence` returned, >= 0
 * @throws RangeError
 */
export function pEvidence(e: number): number {
  requireWithin('evidence', e, '[]', 0, Infinity)
  return Math.min(1, 1 / e)
}

/**
 * The stake used when the target declares none: data-free, near the best fixed one. Growth-optimal stakes from clean search
 * data return the upper limit, where a single full regression ruins the bet.
 * @param n labelled sealed families, an integer >= 1
 * @param alpha the level of this question, in (0, 1)
 * @param m tolerated mean drop, in [0, 1)
 * @returns a stake in [0.5, 0.95/(1-m)]
 * @throws RangeError
 */
export function defaultStake(n: number, alpha: number, m: number): number {
  requireInteger('n', n, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireWithin('m', m, '[)', 0, 1)
  if (m === 0) return 0.5
  // Below this stake not even a sheet of zeros passes: (1 + s m)^n = 1/alpha.
  const least = Math.expm1(-Math.log(alpha) / n) / m
  return Math.min(0.95 / (1 - m), Math.max(0.5, least + 0.2))
}

/**
 * Preflight of graded utility: the share of resamples of the search deltas, as large as the sealed set, that would pass.
 * @param deltas candidate minus baseline score on the search set, one per family, at least one, each in [-1, 1]. Draws go by
 *   position: give them in a fixed order, such as by family id
 * @param n labelled sealed families, an integer >= 1
 * @param m tolerated mean drop, in [0, 1)
 * @param stake in [0, 1/(1-m))
 * @param alpha the level of this question, in (0, 1)
 * @param seed from `bootstrapSeed`
 * @param resamples an integer >= 1
 * @returns a share in [0, 1]; the question is asked only from .5 on
 * @throws RangeError
 */
export function gradedPower(
  deltas: readonly number[],
  n: number,
  m: number,
  stake: number,
  alpha: number,
  seed: number,
  resamples = 2000,
): number {
  requireBets(deltas, m, stake)
  requireInteger('n', n, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireInteger('resamples', resamples, 1)
  const growth = Float64Array.from(deltas, (delta) => Math.log1p(stake * (delta + m)))
  const draw = indexDraws(seed, growth.length)
  const needed = -Math.log(alpha)
  let passed = 0
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += growth[draw()]!
    if (sum >= needed) passed++
  }
  return passed / resamples
}
