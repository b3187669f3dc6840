/**
 * Benchmarks and known answers only: the percentile bootstrap that decided checked rows up to version 0.1.0. At its limit it
 * accepts up to ten times as often as it says (`npm run bench -- validity`); nothing on the gate's path calls it.
 */

import { indexDraws } from './generator.ts'
import { type Family, quantileHigher, type Statistic, samplerFor } from './paired-statistic.ts'
import { requireInteger, requireWithin } from './range.ts'
import type { Series } from './series.ts'

interface BootstrapOptions {
  readonly statistic: Statistic
  /** One-sided error, in (0, 1): the bound is a (1-alpha) bound. */
  readonly alpha: number
  /** From `bootstrapSeed`: an integer in [0, 2^32). */
  readonly seed: number
  /** @default 2000 */
  readonly resamples?: number
  /** Families drawn per resample; preflight draws as many as the sealed set has. @default - as many as were given */
  readonly draws?: number
}

/**
 * One-sided upper bound of a difference by the paired bootstrap over families (percentile of 2,000 resamples). With one case
 * per family it is the ordinary paired bootstrap. No bound for fewer than 100 families should decide anything: the caller
 * calls that inconclusive.
 * @param families at least one. Draws go by position: give them in a fixed order, such as by family id
 * @returns in the unit of the measurements; Infinity when too many resamples hold an infinitely bad or undefined value
 * @throws RangeError
 */
export function bootstrapUpper(families: Series<Family>, options: BootstrapOptions): number {
  const { statistic, alpha, seed, resamples = 2000, draws = families.length } = options
  const sample = samplerFor(families, statistic)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireInteger('resamples', resamples, 1)
  requireInteger('draws', draws, 1)
  const draw = indexDraws(seed, families.length)
  const statistics = Float64Array.from({ length: resamples }, () => {
    const value = sample(draw, draws)
    // Nothing counted in an arm: undefined, hence infinitely bad.
    return Number.isNaN(value) ? Infinity : value
  })
  return quantileHigher(statistics, 1 - alpha)
}
