/**
 * The exact utility test turned round: which outcomes pass, from which n a clean sheet passes, and how likely a pass is.
 */

import { binomPmf, binomTail } from './binomial.ts'
import { BETA, isNonInferior } from './non-inferiority.ts'
import { requireInteger, requireRates, requireWithin } from './range.ts'

/** Families that were left out at sealing: `some` of their cases, or `all`. */
export interface Excluded {
  readonly some: number
  readonly all: number
}
const NONE: Excluded = { some: 0, all: 0 }

/** Tables kept; the oldest is dropped first. A run asks for one (n, alpha, m), a search for "how many cases" for some dozens. */
const MAX_TABLES = 64
const tables = new Map<string, Map<number, number>>()

function tableOf(n: number, alpha: number, m: number): Map<number, number> {
  const key = `${n}/${alpha}/${m}`
  let table = tables.get(key)
  if (!table) {
    const oldest = tables.keys().next()
    if (tables.size >= MAX_TABLES && !oldest.done) tables.delete(oldest.value)
    table = new Map()
    tables.set(key, table)
  }
  return table
}

/** R(g). As the p-value rises in g, R never falls, and the walk may start at the entry before. */
function leastImprovements(table: Map<number, number>, n: number, alpha: number, m: number, g: number): number {
  // Every p-value is above BETA.
  if (alpha <= BETA) return n + 1
  const known = table.get(g)
  if (known !== undefined) return known
  let f = table.get(g - 1) ?? 0
  while (f <= n - g && !isNonInferior(n, g, f, m, alpha)) f++
  const least = f <= n - g ? f : n + 1
  table.set(g, least)
  return least
}

/**
 * The acceptance region R of the exact utility test: entry g is the smallest number of improvements with which g regressions
 * still pass, n + 1 if no number would do. Never falls in g. Cached per (n, alpha, m).
 * @param n labelled sealed families, an integer >= 1
 * @param alpha the level of this question, in (0, 1)
 * @param m tolerated utility drop as a share, in [0, 1)
 * @param maxG the last g wanted, an integer in [0, n]
 * @returns maxG + 1 entries, for g = 0 ... maxG
 * @throws RangeError
 */
export function acceptTable(n: number, alpha: number, m: number, maxG: number): readonly number[] {
  requireInteger('n', n, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireWithin('m', m, '[)', 0, 1)
  requireInteger('maxG', maxG, 0, n)
  const table = tableOf(n, alpha, m)
  return Array.from({ length: maxG + 1 }, (_, g) => leastImprovements(table, n, alpha, m, g))
}

/** Above so many families the answer is "no number would do": nobody labels them, and the exact test takes minutes there. */
const MOST_FAMILIES = 100_000

/**
 * The smallest n at which a clean sheet (no regression, no improvement) is certified at level alpha: 149 for m = 2 points
 * at 5 %, 255 at 1 %.
 * @param m tolerated utility drop as a share, in [0, 1)
 * @param alpha the level of this question, in (0, 1)
 * @param excluded families among the n that count as regressions before anything is asked
 * @returns null when no n up to MOST_FAMILIES would do, above all at m = 0 (a tie is no proof of "better") and at
 *   alpha <= BETA (every p-value is above BETA)
 * @throws RangeError
 */
export function cleanSheetFloor(m: number, alpha: number, excluded = 0): number | null {
  requireWithin('m', m, '[)', 0, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireInteger('excluded', excluded, 0)
  if (m === 0 || alpha <= BETA) return null
  // At an improvement rate of 0 the tail is (1-m)^n, so no smaller n can pass.
  let n = Math.max(1, excluded, Math.floor(Math.log(alpha - BETA) / Math.log1p(-m)))
  while (n <= MOST_FAMILIES && !isNonInferior(n, excluded, 0, m, alpha)) n++
  return n <= MOST_FAMILIES ? n : null
}

/**
 * The probability that the exact utility test passes, given the true rates. Exact but for regression
 * counts that together have a probability below 1e-9.
 * @param n labelled sealed families, an integer >= 1
 * @param alpha the level of this question, in (0, 1)
 * @param m tolerated utility drop as a share, in [0, 1)
 * @param p10 true regression rate, in [0, 1]
 * @param p01 true improvement rate, in [0, 1 - p10]
 * @param excluded families that count as regressions before anything is asked; `all`: those of them beside the n
 * @returns a probability in [0, 1]
 * @throws RangeError
 */
export function powerNonInferior(
  n: number,
  alpha: number,
  m: number,
  p10: number,
  p01: number,
  { some, all }: Excluded = NONE,
): number {
  requireInteger('n', n, 1)
  requireWithin('alpha', alpha, '()', 0, 1)
  requireWithin('m', m, '[)', 0, 1)
  requireRates(p10, p01)
  requireInteger('excluded.some', some, 0)
  requireInteger('excluded.all', all, 0)
  const table = tableOf(n + all, alpha, m)
  const improvementRate = p10 === 1 ? 0 : Math.min(1, p01 / (1 - p10))
  let power = 0
  let left = 1
  // Fewer regressions than this have a probability below 1e-15: their rows are not worth computing at large n.
  const first = Math.max(0, Math.floor(n * p10 - 9 * Math.sqrt(n * p10 * (1 - p10))))
  for (let g = first; g <= n && left >= 1e-9; g++) {
    const weight = binomPmf(g, n, p10)
    if (g + some > n + all) break
    const least = leastImprovements(table, n + all, alpha, m, g + some)
    if (least > n) break
    power += weight * binomTail(least, n - g, improvementRate)
    left -= weight
  }
  return Math.min(1, power)
}
