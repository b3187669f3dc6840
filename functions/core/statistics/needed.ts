/** How many labelled families a question would need: the figure an INCONCLUSIVE verdict is printed with. */
import { type Excluded, powerNonInferior } from './acceptance.ts'
import { BETA, score } from './non-inferiority.ts'
import { requireRates, requireWithin } from './range.ts'

/** A question is asked only at this power or more. A reason to ask, not a promise: plan labelling for .8. */
export const ASK_POWER = 0.5
/** Needs are rounded up to this many families. */
export const NEED_STEP = 50
/** Above this many families the answer is "no number would do": nobody labels that many for one question. */
export const NEED_LIMIT = 20_000

/** The z with P(Z > z) = alpha, 0 < alpha < .5, within 4.5e-4 (Abramowitz, Stegun 1964, 26.2.23): enough for a bracket. */
function upperNormalQuantile(alpha: number): number {
  const t = Math.sqrt(-2 * Math.log(alpha))
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
}

/**
 * The number of labelled families to ask for: the smallest multiple of 50 at which the exact utility test has power >= .5,
 * there and at the next two multiples (power is a saw-tooth in n).
 *
 * The normal approximation says where to start looking, every power is exact. Against full scans on 1,485 settings the answer
 * was the same each time. Takes below .5 s for most search sets of 100 families or more, a second or two where a tenth of the
 * families change and thousands are needed, and some ten seconds only where more than half of them change.
 * @param alpha the level of the question, in (0, .5)
 * @param m tolerated utility drop as a share, in [0, 1)
 * @param p10 assumed regression rate, in [0, 1], usually from `smoothedRates`
 * @param p01 assumed improvement rate, in [0, 1 - p10]
 * @param excluded families that count as regressions before anything is asked
 * @returns a multiple of 50, at most NEED_LIMIT; null when no number up to there would do, above all when p10 - p01 >= m
 * @throws RangeError
 */
export function neededFamilies(alpha: number, m: number, p10: number, p01: number, excluded?: Excluded): number | null {
  requireWithin('alpha', alpha, '()', 0, 0.5)
  requireWithin('m', m, '[)', 0, 1)
  requireRates(p10, p01)
  const scorePerRoot = score(1, p10, p01, m)
  // A true drop of m or more passes with probability <= alpha at any n; below BETA nothing passes.
  if (scorePerRoot <= 0 || alpha <= BETA) return null
  const about = (upperNormalQuantile(alpha) / scorePerRoot) ** 2
  const slack = 0.25 / Math.sqrt(Math.max(1, about * (p10 + p01)))
  const start = Math.floor((about * (1 - slack)) / NEED_STEP - 1) * NEED_STEP
  for (let n = Math.max(NEED_STEP, start); n <= NEED_LIMIT; ) {
    // The farthest failure first: everything up to it is ruled out at once.
    const tooFew = [n + 2 * NEED_STEP, n + NEED_STEP, n].find(
      (size) => powerNonInferior(size, alpha, m, p10, p01, excluded) < ASK_POWER,
    )
    if (tooFew === undefined) return n
    n = tooFew + NEED_STEP
  }
  return null
}
