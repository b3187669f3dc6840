/** The error budget of a sealed-set version: how many questions it answers, and at which level. */
import { casesForFailures } from '../statistics/binomial.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { requireInteger, requireWithin } from '../statistics/range.ts'

/** Probability, per sealed-set version, that a harmful candidate is ever certified. */
export const VERSION_ALPHA = 0.05

/** Questions per version by size, largest first: every row needs this many labelled families. A default, not part of the proof. */
const QUESTION_ROWS = [
  { questions: 5, leastN: 500 },
  { questions: 2, leastN: 300 },
] as const

function requireBudget(alpha: number, K: number): void {
  requireWithin('alpha', alpha, '()', 0, 1)
  requireInteger('K', K, 1)
}

/**
 * The level of the next question: alpha / K while the version is live, else 0, at which nothing passes. The levels of a version
 * sum to at most alpha (union bound; only the path on which every answer so far was "no" can err, as a pass retires).
 * @param alpha error of the version, in (0, 1)
 * @param K questions fixed when the version was sealed, an integer >= 1
 * @param used questions opened so far, an integer in [0, K]
 * @param retired whether the version has passed a candidate or was superseded
 * @throws RangeError
 * @public a known answer of the gate, on no path of it
 */
export function nextLevel(alpha: number, K: number, used: number, retired: boolean): number {
  requireBudget(alpha, K)
  requireInteger('used', used, 0, K)
  return retired || used === K ? 0 : alpha / K
}

/** C(n, k) by its multiplicative formula, exact while it fits a double. */
function choose(n: number, k: number): number {
  let product = 1
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i
  return product
}

/**
 * The level of question k after j passes, for a version that is allowed to go on after a pass: alpha / (K 2^(j+1) C(k-1, j)).
 * Over the whole tree of yes/no answers these levels sum to at most alpha. Retiring on the first pass needs no such factor
 * and is what the gate does.
 * @param alpha error of the version, in (0, 1)
 * @param K questions per version, an integer >= 1
 * @param k number of the question, an integer in [1, K]
 * @param j passes so far, an integer in [0, k-1]
 * @throws RangeError
 */
export function levelAfterPasses(alpha: number, K: number, k: number, j: number): number {
  requireBudget(alpha, K)
  requireInteger('k', k, 1, K)
  requireInteger('j', j, 0, k - 1)
  return alpha / (K * 2 ** (j + 1) * choose(k - 1, j))
}

/**
 * The sum of `levelAfterPasses` over every node of the tree, C(k-1, j) nodes for each (k, j): below alpha for every K.
 * @throws RangeError
 * @public a known answer of the gate, on no path of it
 */
export function levelTreeSum(alpha: number, K: number): number {
  requireBudget(alpha, K)
  let sum = 0
  for (let k = 1; k <= K; k++) {
    for (let j = 0; j < k; j++) sum += choose(k - 1, j) * levelAfterPasses(alpha, K, k, j)
  }
  return sum
}

/**
 * Questions per version when none are declared: the largest of 5, 2, 1 whose row the version is large enough for.
 * @param n labelled sealed families, an integer >= 0
 * @param nMin the smallest N of its certified binary guardrails, an integer >= 0
 * @param v `max_violation_rate` of those guardrails, in (0, 1); where they differ, call once each and take the smallest answer
 * @param alpha error of the version, in (0, 1)
 * @param excluded families among the nMin that count as violations before anything is asked
 * @throws RangeError
 */
export function defaultK(n: number, nMin: number, v: number, alpha: number = VERSION_ALPHA, excluded = 0): number {
  requireInteger('n', n, 0)
  requireInteger('nMin', nMin, 0)
  const row = QUESTION_ROWS.find(
    ({ questions, leastN }) =>
      isAtLeast(n, leastN) && isAtLeast(nMin, casesForFailures(excluded, v, alpha / questions)),
  )
  return row?.questions ?? 1
}
