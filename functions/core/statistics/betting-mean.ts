/**
 * Means that no sample distribution can fool: a betting test of "the mean difference is below a limit" on sums per family, and
 * the upper bound that it leaves. Valid in finite samples for any distribution on the declared range, clustered by family.
 */

import { requireInteger, requireWithin } from './range.ts'
import { fieldOf, type Series } from './series.ts'

/**
 * Stakes as shares of the largest allowed one, the same for every question: their mean is a fair bet as each of them is.
 * Large ones win where hardly anything speaks against, small ones where differences scatter.
 */
export const STAKES: readonly number[] = [0.9, 0.4, 0.15]

/** Differences of one family, turned so that more is worse: the sum over its decisions, each cut at `max`, and their number. */
export interface FamilySum {
  /** At most count * max. A missing difference was counted as `max`. */
  readonly sum: number
  /** Decisions, at most the cap; 0: the family says nothing. */
  readonly count: number
}

/** What is declared before the sealed set is opened. */
export interface MeanRange {
  /** The worst difference of one decision. */
  readonly max: number
  /** M, the most decisions that one family may count for. */
  readonly decisions: number
}

function requireFamilies(families: Series<FamilySum>, { max, decisions }: MeanRange): void {
  requireWithin('max', max, '()', -Infinity, Infinity)
  requireInteger('decisions', decisions, 1)
  requireWithin('decisions * max', decisions * max, '()', -Infinity, Infinity)
  for (const { sum, count } of families) {
    requireWithin('count of a family', count, '[]', 0, decisions)
    // The nudge lets a sum of decisions at the very end of the range pass, whatever order it was added up in.
    requireWithin('sum of a family', sum, '(]', -Infinity, count * max + 1e-9 * Math.max(1, Math.abs(count * max)))
  }
}

interface Columns {
  readonly sums: Float64Array
  readonly counts: Float64Array
}

/** In one order, whatever order they came in: a product of doubles depends on it in the last bits. Columns are read fast. */
function ordered(families: Series<FamilySum>): Columns {
  const column = (name: keyof FamilySum) => {
    const at = fieldOf(families, name)
    return new Float64Array(families.length).map((_, i) => at(i))
  }
  const [sums, counts] = [column('sum'), column('count')]
  if (counts.every((count) => count === counts[0])) return { sums: sums.sort(), counts }
  const order = Uint32Array.from(sums, (_, i) => i).sort((a, b) => sums[a]! - sums[b]! || counts[a]! - counts[b]!)
  return { sums: sums.map((_, i) => sums[order[i]!]!), counts: counts.map((_, i) => counts[order[i]!]!) }
}

/** ln E of families in order. The largest y that the range allows is the unit of a stake. */
function lnEvidence(
  { sums, counts }: Columns,
  { max, decisions }: MeanRange,
  limit: number,
  stakes: readonly number[],
): number {
  const unit = decisions * (max - limit)
  return lnMeanExp(
    Float64Array.from(stakes, (stake) => {
      // A logarithm whenever the product comes near the end of a double: one a family would take ten times as long.
      let grown = 0
      let money = 1
      for (let i = 0; i < sums.length; i++) {
        money *= 1 - (stake * (sums[i]! - limit * counts[i]!)) / unit
        if (money > 1e-100 && money < 1e100) continue
        grown += Math.log(money)
        money = 1
      }
      return grown + Math.log(money)
    }),
  )
}

/** ln of the mean of exponentials, without overflow. */
function lnMeanExp(exponents: Float64Array): number {
  const most = exponents.reduce((a, b) => Math.max(a, b))
  return most + Math.log(exponents.reduce((sum, e) => sum + Math.exp(e - most), 0) / exponents.length)
}

/**
 * The logarithm of the money after betting, family by family, on "the mean of min(d, max) is below the limit":
 * E = mean over STAKES of prod_i (1 - s y_i / (M (max - limit))), y_i = sum_i - limit count_i. If the true mean is the limit or
 * more, no stake gains in expectation, so P(E >= 1/a) <= a (Ville 1939; Waudby-Smith, Ramdas 2024). Source: gate, 0.4.
 * The same bytes for any order of the families.
 * @param families one entry per family, in the unit of the metric
 * @param limit the mean per decision to stay below (ratio of sums), in the unit of the metric
 * @param stakes shares of the largest allowed stake, each in [0, 1], fixed before the families are seen
 * @returns ln E; Infinity when the range itself rules the limit out (max < limit)
 * @throws RangeError for NaN, an infinite sum, or a sum beyond the declared range
 */
export function lnMeanEvidence(
  families: Series<FamilySum>,
  range: MeanRange,
  limit: number,
  stakes: readonly number[] = STAKES,
): number {
  requireFamilies(families, range)
  requireWithin('limit', limit, '()', -Infinity, Infinity)
  requireWithin('decisions * (max - limit)', range.decisions * (range.max - limit), '()', -Infinity, Infinity)
  if (range.max < limit) return Infinity
  // Nothing is left to bet with: a mean of exactly the limit is the worst that may be, and counts as harmful.
  if (range.max === limit) return 0
  return lnEvidence(ordered(families), range, limit, stakes)
}

/**
 * p-value of "the mean of min(d, max) is the limit or more": min(1, 1/E). Not less than the smallest double above 0.
 * @throws RangeError
 */
export const pMean = (families: Series<FamilySum>, range: MeanRange, limit: number): number =>
  Math.min(1, Math.max(Number.MIN_VALUE, Math.exp(-lnMeanEvidence(families, range, limit))))

/**
 * The (1-alpha) upper bound of the mean per decision of min(d, max): the test turned round. E only grows with the limit, so
 * there is one smallest limit that is ruled out, and `meanUpper < c` says the same as `pMean at c <= alpha`.
 * @param families one entry per family
 * @param alpha in (0, 1)
 * @returns in the unit of the metric, at most `max`; `max` when the families rule out nothing
 * @throws RangeError
 */
export function meanUpper(families: Series<FamilySum>, range: MeanRange, alpha: number): number {
  requireFamilies(families, range)
  requireWithin('alpha', alpha, '()', 0, 1)
  const needed = -Math.log(alpha)
  const sorted = ordered(families)
  const [sum, count] = [sorted.sums, sorted.counts].map((column) => column.reduce((a, b) => a + b, 0)) as [
    number,
    number,
  ]
  if (count === 0) return range.max
  // At the observed mean no bet has gained anything: the bound lies above it.
  let low = Math.min(sum / count, range.max)
  let high = range.max
  while (high - low > 1e-10 * Math.max(1e-300, Math.abs(high), Math.abs(low))) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (lnEvidence(sorted, range, middle, STAKES) >= needed) high = middle
    else low = middle
  }
  return high
}
