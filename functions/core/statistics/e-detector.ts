/**
 * Has the mean of a bounded measure left its edge? An e-detector over days: bets on the values of each day, gathered so that
 * the mean time to a false alarm is at least the threshold, whatever the distribution (Shin, Ramdas, Rinaldo 2023).
 */

/** What a detector knows after some days: for each bet ln(1 + R), where R is the evidence that it gathered. Begins at 0. */
type DetectorState = readonly number[]

/** Which way a mean may not go: `below` its edge or `above` it. */
export type Side = 'below' | 'above'

/** Bets as shares of the largest one that cannot lose more than everything: small ones find small moves, large ones find large ones fast. */
export const BETS: readonly number[] = [0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8]

/** A detector before its first day. */
export const FRESH: DetectorState = BETS.map(() => 0)

/**
 * What each bet won or lost on values in [0, 1], as logarithms. While the mean of each value, given those of days before,
 * is not on the wrong side of the edge, no bet is expected to win. Throws RangeError on what is not in [0, 1].
 */
export function betsOn(values: readonly number[], edge: number, side: Side): readonly number[] {
  if (!(edge >= 0 && edge <= 1)) throw new RangeError(`an edge lies in [0, 1], not at ${edge}`)
  const sign = side === 'below' ? -1 : 1
  // The worst that a value can do to a bet: 1 where nothing may fall below, 0 where nothing may rise above.
  const worst = side === 'below' ? 1 - edge : edge
  const won = BETS.map(() => 0)
  for (const value of values) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`a value lies in [0, 1], not at ${value}`)
    const past = sign * (value - edge)
    for (let i = 0; i < BETS.length; i++) won[i]! += Math.log1p(betOf(BETS[i]!, worst) * past)
  }
  return won
}

/** An edge at the very end of the range can lose nothing there: its bets stay finite all the same. */
const betOf = (share: number, worst: number): number => share / Math.max(worst, 1e-3)

/** The state after one more day; a day without values changes nothing and is not handed in. */
export const afterDay = (state: DetectorState, won: readonly number[]): DetectorState =>
  state.map((before, i) => softplus(before + won[i]!))

/** ln(1 + e^x). */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))

/** Evidence that the mean left its edge: the mean over the bets, at most 1e300. An alarm is evidence at or above the threshold. */
export function evidenceOf(state: DetectorState): number {
  const sum = state.reduce((all, one) => all + Math.min(Math.expm1(one), 1e300), 0)
  return Math.min(sum / state.length, 1e300)
}

/**
 * Threshold at which `series` detectors together are expected to raise at most `alarms` false ones in `days` days: each of
 * them waits series * days / alarms days for its first (a mean run length, by the definition of an e-detector).
 */
export const thresholdOf = (series: number, alarms: number, days: number): number =>
  Math.max(1, (series * days) / alarms)
