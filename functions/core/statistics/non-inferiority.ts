/**
 * The exact paired test for pass/fail utility: is the true drop smaller than the margin m?
 * Tango's score orders the outcomes, the p-value maximises over the unknown improvement rate (Berger-Boos).
 */

import { binomPmf, binomTail, upperRate } from './binomial.ts'
import { requireInteger, requireWithin } from './range.ts'

/** Error spent on bounding the unknown improvement rate (Berger, Boos 1994); no p-value is below it. */
export const BETA = 1e-4
/** Grid points over the unknown improvement rate. Part of the test's definition: with 60 the level is exceeded. */
export const GRID = 120

/** A stride coprime to GRID, near its golden section: a maximum over the grid is met early whichever point it sits on. */
const GRID_STRIDE = 73
/** Contributions below this are dropped. As p >= BETA, the relative error of a p-value stays below 1e-9. */
const NEGLIGIBLE = 1e-15

function requireCounts(n: number, g: number, f: number, m: number): void {
  requireInteger('n', n, 1)
  requireInteger('g', g, 0, n)
  requireInteger('f', f, 0, n - g)
  requireWithin('m', m, '[)', 0, 1)
}

/** Tango's score without argument checks. It depends on rates and sqrt(n) only, so n = 1 with rates gives the score per root n. */
export function score(n: number, g: number, f: number, m: number): number {
  const d = -m
  const a = 2 * n
  const b = -f - g + (2 * n - f + g) * d
  const c = -g * d * (1 - d)
  const q = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a)
  const variance = n * (2 * q + d * (1 - d))
  return variance < 1e-15 ? 0 : (f - g - n * d) / Math.sqrt(variance)
}

/**
 * Tango's score for "the drop is m" against "the drop is smaller" (Tango 1998): large means the data speak for the candidate.
 * Rises in f, falls in g.
 * @param n labelled sealed families, an integer >= 1
 * @param g regressions (baseline passes, candidate fails), an integer >= 0
 * @param f improvements, an integer >= 0, g + f <= n
 * @param m tolerated utility drop as a share, in [0, 1)
 * @throws RangeError
 * @public a known answer of the gate, on no path of it
 */
export function tangoZ(n: number, g: number, f: number, m: number): number {
  requireCounts(n, g, f, m)
  return score(n, g, f, m)
}

/**
 * The outcomes at least as good as (g, f), by their lower border: entry G is the smallest F with a score not below the
 * observed one. The border ends before the first G for which no F is good enough. F never falls as G rises.
 */
function borderOf(n: number, g: number, f: number, m: number, maxG: number): Int32Array {
  const observed = score(n, g, f, m) - 1e-12
  const border = new Int32Array(maxG + 1)
  let least = 0
  for (let G = 0; G <= maxG; G++) {
    while (least <= n - G && score(n, G, least, m) < observed) least++
    if (least > n - G) return border.subarray(0, G)
    border[G] = least
  }
  return border
}

/** P(the outcome is on or above the border) when p01 = q and p10 = q + m. */
function tailAt(n: number, border: Int32Array, q: number, m: number): number {
  const p = q + m
  // r = P(improvement | no regression) is 1 at the end of the widest grid; a hair below keeps the odds finite.
  const r = Math.min(1 - Number.EPSILON, q / (1 - p))
  const odds = r / (1 - r)
  const mean = n * p
  let first = Math.max(0, Math.floor(mean - 9 * Math.sqrt(mean * (1 - p))))
  // Where regressions are the rule the lower tail is heavier than a normal one.
  while (first > 0 && binomPmf(first - 1, n, p) >= NEGLIGIBLE) first--
  if (first >= border.length) return 0

  let weight = binomPmf(first, n, p)
  let inner = binomTail(border[first]!, n - first, r)
  let cell = binomPmf(border[first]!, n - first, r)
  let sum = weight * inner
  for (let G = first + 1; G < border.length; G++) {
    const trials = n - G + 1
    const from = border[G - 1]!
    const to = border[G]!
    weight *= (trials / G) * (p / (1 - p))
    if (inner < NEGLIGIBLE || (G > mean && weight < NEGLIGIBLE)) break
    // One trial fewer, then the higher border: O(1) a step instead of a new tail sum. `cell` is P(F = border | G).
    inner -= (cell * from) / trials
    cell *= (trials - from) / trials / (1 - r)
    for (let F = from; F < to; F++) {
      inner -= cell
      cell *= ((trials - 1 - F) / (F + 1)) * odds
    }
    // A product that has underflowed would stay 0 for ever.
    if (cell < 1e-280) cell = binomPmf(to, trials - 1, r)
    inner = Math.max(0, inner)
    sum += weight * inner
  }
  return sum
}

/** The largest tail over the grid, or the first one found above `enough`. */
function largestTail(n: number, g: number, f: number, m: number, enough: number): number {
  const bound = Math.min(upperRate(f, n, BETA), (1 - m) / 2)
  const mean = n * (bound + m)
  const border = borderOf(n, g, f, m, Math.min(n, Math.ceil(mean + 10 * Math.sqrt(mean) + 40)))
  let largest = 0
  for (let step = 0; step < GRID && largest <= enough; step++) {
    const i = (step * GRID_STRIDE) % GRID
    largest = Math.max(largest, tailAt(n, border, (bound * i) / (GRID - 1), m))
  }
  return largest
}

/**
 * p-value of "the true utility drop is m or more", exact and unconditional: the largest probability, over the unknown
 * improvement rate, of an outcome with a score at least as good; the rate is searched on a 120-point grid up to its
 * Clopper-Pearson bound at BETA, and BETA is added (Tango 1998; Berger, Boos 1994). Rises in g, and falls in f wherever p < .1
 * (above that, margins below .02 allow a rise of .001, as more improvements widen the set of rates).
 * @param n labelled sealed families, an integer >= 1
 * @param g regressions, an integer >= 0
 * @param f improvements, an integer >= 0, g + f <= n
 * @param m tolerated utility drop as a share, in [0, 1)
 * @returns a p-value in [BETA, 1]
 * @throws RangeError
 */
export function pNonInferior(n: number, g: number, f: number, m: number): number {
  requireCounts(n, g, f, m)
  return Math.min(1, largestTail(n, g, f, m, 1) + BETA)
}

/**
 * `pNonInferior(n, g, f, m) <= alpha`, without computing the p-value to the end when the answer is no.
 * @param alpha the level of this question, in (0, 1)
 * @throws RangeError
 */
export function isNonInferior(n: number, g: number, f: number, m: number, alpha: number): boolean {
  requireCounts(n, g, f, m)
  requireWithin('alpha', alpha, '()', 0, 1)
  return Math.min(1, largestTail(n, g, f, m, alpha) + BETA) <= alpha
}

/**
 * The reported bound of the drop: the smallest m on a .001 grid that the data certify ("drop < 1.2 points").
 * @param alpha the level of this question, in (0, 1)
 * @returns m in [0, .999], or null when no margin below 1 is certified
 * @throws RangeError
 */
export function utilityBound(n: number, g: number, f: number, alpha: number): number | null {
  for (let thousandths = 0; thousandths < 1000; thousandths++) {
    const m = thousandths / 1000
    if (isNonInferior(n, g, f, m, alpha)) return m
  }
  return null
}
