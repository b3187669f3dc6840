/** Cohen's kappa: how far two raters agree beyond what their shares of passes would bring by chance (Cohen, 1960). */

/** Cases that two raters labelled: both pass, the first alone, the second alone, both fail. */
export interface RaterTable {
  readonly both_pass: number
  readonly first_only: number
  readonly second_only: number
  readonly both_fail: number
}

/** -1 to 1; null where nobody could tell: no case, or both raters give every case the same one label. */
export function kappa({ both_pass: a, first_only: b, second_only: c, both_fail: d }: RaterTable): number | null {
  const n = a + b + c + d
  const observed = (a + d) / n
  const expected = ((a + b) * (a + c) + (c + d) * (b + d)) / n / n
  const value = (observed - expected) / (1 - expected)
  return Number.isFinite(value) ? value : null
}
