/** Families and figures that only tests of the paired statistics make. */
import { type Family, type Statistic, samplerFor } from '#core/statistics/paired-statistic.ts'
import type { Series } from '#core/statistics/series.ts'

/**
 * Families of one case each, from the two arms' values in the same order.
 * @throws RangeError when the lists differ in length
 */
export function singleCaseFamilies(base: readonly number[], cand: readonly number[]): Family[] {
  if (base.length !== cand.length) {
    throw new RangeError(`cand must have as many values as base (${base.length}), got ${cand.length}`)
  }
  return base.map((value, i) => [{ base: { sum: value, count: 1 }, cand: { sum: cand[i]!, count: 1 } }])
}

/**
 * The statistic on the families as they are, each once: the observed figure beside a bound, and the search set's point rule.
 * @returns the difference, candidate minus baseline; null when an arm counted nothing
 * @throws RangeError
 */
export function observedDelta(families: Series<Family>, statistic: Statistic): number | null {
  const sample = samplerFor(families, statistic)
  let next = 0
  const delta = sample(() => next++, families.length)
  return Number.isNaN(delta) ? null : delta
}
