/** Preflight of the betting test for means: how likely it passes on a sealed set, judged by search families drawn again. */

import { type FamilySum, lnMeanEvidence, type MeanRange, STAKES } from './betting-mean.ts'
import { indexDraws } from './generator.ts'
import { ASK_POWER, NEED_LIMIT, NEED_STEP } from './needed.ts'
import { requireInteger, requireWithin } from './range.ts'
import type { Series } from './series.ts'

/** A question about a mean: what was declared, and what the search saw. */
interface MeanQuestion {
  /** Search families, at least one. Draws go by position: give them in a fixed order, such as by family id. */
  readonly families: Series<FamilySum>
  readonly range: MeanRange
  /** In the unit of the metric. */
  readonly limit: number
  /** In (0, 1). */
  readonly alpha: number
  /** From `bootstrapSeed`. */
  readonly seed: number
}

const RESAMPLES = 400

/**
 * The share of resamples of the search families, as many as are sealed, that would pass. A reason to ask, not a promise: what
 * the search never saw, such as a rare dear family, is in no resample.
 * @param n sealed families, an integer >= 0
 * @param resamples an integer >= 1
 * @returns a share in [0, 1]
 * @throws RangeError
 */
export const powerMean = (question: MeanQuestion, n: number, resamples = RESAMPLES): number =>
  passing(question, growthOf(question), n, resamples)

/** What each family adds to the log of the evidence, under one stake after the other. */
function growthOf({ families, range, limit }: MeanQuestion): Float64Array {
  requireInteger('number of families', families.length, 1)
  if (range.max <= limit) return new Float64Array()
  const growth = new Float64Array(families.length * STAKES.length)
  let at = 0
  for (const family of families)
    for (const stake of STAKES) growth[at++] = lnMeanEvidence([family], range, limit, [stake])
  return growth
}

/** `growth`: of the families of the question. */
function passing(
  { families, range, limit, alpha, seed }: MeanQuestion,
  growth: Float64Array,
  n: number,
  resamples: number,
) {
  requireInteger('n', n, 0)
  requireInteger('resamples', resamples, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  if (range.max <= limit) return range.max < limit ? 1 : 0
  const draw = indexDraws(seed, families.length)
  const needed = -Math.log(alpha) + Math.log(STAKES.length)
  let passed = 0
  for (let resample = 0; resample < resamples; resample++) {
    const sums = STAKES.map(() => 0)
    for (let i = 0; i < n; i++) {
      const at = draw() * STAKES.length
      for (let s = 0; s < STAKES.length; s++) sums[s]! += growth[at + s]!
    }
    const most = Math.max(...sums)
    if (most + Math.log(sums.reduce((sum, e) => sum + Math.exp(e - most), 0)) >= needed) passed++
  }
  return passed / resamples
}

/**
 * Families to ask for: the smallest multiple of 50 with power >= .5 on resampled search families, found by doubling and halving.
 * @returns a multiple of 50, at most NEED_LIMIT; null when no number up to there would do
 * @throws RangeError
 */
export function neededMean(question: MeanQuestion): number | null {
  const growth = growthOf(question)
  const enough = (n: number): boolean => passing(question, growth, n, RESAMPLES) >= ASK_POWER
  let high = NEED_STEP
  while (!enough(high)) {
    if (high >= NEED_LIMIT) return null
    high = Math.min(NEED_LIMIT, high * 2)
  }
  let low = Math.floor(high / 2 / NEED_STEP) * NEED_STEP
  while (high - low > NEED_STEP) {
    const middle = Math.round((low + high) / 2 / NEED_STEP) * NEED_STEP
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
