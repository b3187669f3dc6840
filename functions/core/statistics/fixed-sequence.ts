/**
 * Which candidates a question asks about, in which order, and where testing down the list stops.
 * Order comes from search data alone: it is committed before the sealed set is opened.
 */

import { requireInteger, requireWithin } from './range.ts'

/** Longest committed list. Its length costs no error budget, only replays. */
export const MAX_COMMITTED = 8

/** Whether a smaller or a larger value of the target metric is better. */
export type Direction = 'decrease' | 'increase'

/** What a candidate is ordered by. */
interface CommitKeys {
  /** From `searchEvidence` or `gradedSearchEvidence`; larger is safer. */
  readonly evidence: number
  /** The target metric, or its difference to the baseline, measured on the search set. */
  readonly target: number
  /** Breaks what is still tied, so that the order depends on content only. */
  readonly digest: string
}

/**
 * Search evidence that the utility drop is smaller than m: (f - g + m n) / sqrt(f + g + 1). Orders candidates, decides nothing.
 * @param n labelled search families, an integer >= 0
 * @param g regressions, an integer >= 0
 * @param f improvements, an integer >= 0, g + f <= n
 * @param m tolerated utility drop as a share, in [0, 1)
 * @throws RangeError
 */
export function searchEvidence(n: number, g: number, f: number, m: number): number {
  requireInteger('n', n, 0)
  requireInteger('g', g, 0, n)
  requireInteger('f', f, 0, n - g)
  requireWithin('m', m, '[)', 0, 1)
  return (f - g + m * n) / Math.sqrt(f + g + 1)
}

/**
 * Search evidence for graded utility: sum(d + m) / sqrt(sum(d^2) + 1), which for differences of -1, 0, 1 is `searchEvidence`.
 * The same bytes for any order of the deltas.
 * @param deltas candidate minus baseline score, one per family, each in [-1, 1]
 * @param m tolerated mean drop, in [0, 1)
 * @throws RangeError
 */
export function gradedSearchEvidence(deltas: readonly number[], m: number): number {
  requireWithin('m', m, '[)', 0, 1)
  let sum = 0
  let squares = 0
  for (const delta of Float64Array.from(deltas).sort()) {
    requireWithin('delta', delta, '[]', -1, 1)
    sum += delta
    squares += delta * delta
  }
  return (sum + m * deltas.length) / Math.sqrt(squares + 1)
}

/**
 * Regression and improvement rates assumed by preflight: (count + .5) / (n + 1), so that nothing seen is not "never happens".
 * @param n labelled search families, an integer >= 0
 * @param g regressions, an integer >= 0
 * @param f improvements, an integer >= 0, g + f <= n
 * @returns [p10, p01], each in (0, 1), their sum at most 1
 * @throws RangeError
 */
export function smoothedRates(n: number, g: number, f: number): readonly [p10: number, p01: number] {
  requireInteger('n', n, 0)
  requireInteger('g', g, 0, n)
  requireInteger('f', f, 0, n - g)
  return [(g + 0.5) / (n + 1), (f + 0.5) / (n + 1)]
}

/**
 * The list a question commits to: sorted by evidence, highest first (ties: better target, then digest), keeping an item only
 * if its target is strictly better than that of every kept one. That is the front of (evidence, target), safest first.
 * @param items the search survivors, in any order
 * @param keysOf what an item is ordered by; evidence and target must be finite
 * @param direction which way the target is better
 * @param maxLength an integer >= 0
 * @throws RangeError
 */
export function committedList<T>(
  items: readonly T[],
  keysOf: (item: T) => CommitKeys,
  direction: Direction,
  maxLength: number = MAX_COMMITTED,
): T[] {
  requireInteger('maxLength', maxLength, 0)
  const rows = items.map((item) => {
    const { evidence, target, digest } = keysOf(item)
    requireWithin('evidence', evidence, '()', -Infinity, Infinity)
    requireWithin('target', target, '()', -Infinity, Infinity)
    return { item, evidence, digest, loss: direction === 'decrease' ? target : -target }
  })
  rows.sort((a, b) => compare(b.evidence, a.evidence) || compare(a.loss, b.loss) || compare(a.digest, b.digest))
  const kept: typeof rows = []
  for (const row of rows) {
    const last = kept.at(-1)
    if (!last || row.loss < last.loss) kept.push(row)
  }
  return kept.slice(0, maxLength).map((row) => row.item)
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * `committedList` over bare [evidence, target] pairs, as indices into them; a full tie goes to the smaller index.
 * @throws RangeError
 * @public a known answer of the gate, on no path of it
 */
export function committedOrder(
  candidates: readonly (readonly [evidence: number, target: number])[],
  direction: Direction,
  maxLength: number = MAX_COMMITTED,
): number[] {
  const indices = candidates.map((_, index) => index)
  const keysOf = (index: number): CommitKeys => {
    const [evidence, target] = candidates[index]!
    return { evidence, target, digest: String(index).padStart(16, '0') }
  }
  return committedList(indices, keysOf, direction, maxLength)
}

/**
 * One p-value for a candidate out of those of its certified guardrails: the largest, each scaled to the version's alpha if the
 * guardrail declared a smaller one. All must pass, so no correction is needed (intersection-union, Berger 1982).
 * @param guardrails at least one; p in [0, 1], alpha in (0, versionAlpha]
 * @param versionAlpha error of the version, in (0, 1)
 * @returns a p-value in [0, 1], to be compared with versionAlpha / K
 * @throws RangeError
 */
export function candidateP(
  guardrails: readonly { readonly p: number; readonly alpha: number }[],
  versionAlpha: number,
): number {
  requireInteger('number of certified guardrails', guardrails.length, 1)
  requireWithin('versionAlpha', versionAlpha, '()', 0, 1)
  let largest = 0
  for (const { p, alpha } of guardrails) {
    requireWithin('p', p, '[]', 0, 1)
    // A level times K may come back a last bit above the alpha it was divided from: .05 / 11 * 11.
    requireWithin('alpha', alpha, '(]', 0, versionAlpha * (1 + 1e-12))
    largest = Math.max(largest, p * Math.max(1, versionAlpha / alpha))
  }
  return Math.min(1, largest)
}

/**
 * Tests down the committed list and stops at the first p-value above alpha (fixed sequence: Maurer, Hothorn, Lehmacher 1995).
 * A false certificate needs the first harmful candidate of the list to pass, so the error is <= alpha for any length.
 * @param pValues one per candidate, in committed order, each in [0, 1]
 * @param alpha the level of this question, in (0, 1); a question without a level must not be asked
 * @returns the indices of the certified candidates: 0, 1, ... up to the first failure
 * @throws RangeError
 */
export function fixedSequence(pValues: readonly number[], alpha: number): number[] {
  requireWithin('alpha', alpha, '()', 0, 1)
  for (const p of pValues) requireWithin('p', p, '[]', 0, 1)
  const failure = pValues.findIndex((p) => p > alpha)
  const certified = failure === -1 ? pValues : pValues.slice(0, failure)
  return certified.map((_, index) => index)
}
