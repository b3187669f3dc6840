/** Worlds in which a checked bound stands exactly at its limit: whoever accepts there is wrong. */

import type { FamilySum, MeanRange } from '#core/statistics/betting-mean.ts'
import type { Measured, PairedCase } from '#core/statistics/paired-statistic.ts'
import type { Draws } from './bench.ts'

/** Differences per decision, of one family. */
type Differences = readonly number[]

export interface MeanWorld {
  readonly name: string
  /** One family; the true mean per decision of what is drawn is 0. */
  readonly family: (draw: Draws) => Differences
  readonly range: MeanRange
  /** The most of the families that may lie beyond `range.max`; 0: none may be seen. */
  readonly beyond: number
  /** What the limit leaves at the stated alternative, in the unit of the world. */
  readonly better: number
}

const lognormal = (sd: number, draw: Draws): number => Math.exp(sd * draw.normal())
const pareto = (shape: number, draw: Draws): number => (1 - draw.unit()) ** (-1 / shape)
/** Mean of a Pareto variable of this shape, cut at `most`. */
const cutPareto = (shape: number, most: number): number => (shape - most ** (1 - shape)) / (shape - 1)
const single = (value: number): Differences => [value]

/** The declared worst stands where about one decision in a thousand lies beyond it, unless the world has an end of its own. */
const LOGNORMAL_WORST = 22
const PARETO_25_WORST = 16
const PARETO_15_WORST = 100
/** One per cent of decisions cost this much more. */
const RARE = 100
const RARE_SHARE = 0.01
const offRare = (RARE * RARE_SHARE) / (1 - RARE_SHARE)

export const MEAN_WORLDS: readonly MeanWorld[] = [
  {
    name: 'lognormal, sd 1',
    family: (draw) => single(lognormal(1, draw) - Math.exp(0.5)),
    range: { max: LOGNORMAL_WORST, decisions: 1 },
    beyond: 0.05,
    better: 1,
  },
  {
    name: 'Pareto 2.5',
    family: (draw) => single(pareto(2.5, draw) - 2.5 / 1.5),
    range: { max: PARETO_25_WORST, decisions: 1 },
    beyond: 0.05,
    better: 0.5,
  },
  {
    name: 'Pareto 1.5',
    family: (draw) => single(pareto(1.5, draw) - 3),
    range: { max: PARETO_15_WORST, decisions: 1 },
    beyond: 0.05,
    better: 3,
  },
  {
    name: 'Pareto 1.5, cut mean at the limit',
    family: (draw) => single(pareto(1.5, draw) - cutPareto(1.5, PARETO_15_WORST)),
    range: { max: PARETO_15_WORST - cutPareto(1.5, PARETO_15_WORST), decisions: 1 },
    beyond: 0.05,
    better: 3,
  },
  {
    name: '1 % at +100',
    family: (draw) => single(draw.chance(RARE_SHARE) ? RARE : -offRare),
    range: { max: RARE, decisions: 1 },
    beyond: 0,
    better: 2,
  },
  {
    name: '1 % of families of 1 to 25 at +100',
    family: (draw) => {
      const u = draw.unit()
      const size = u < 0.8 ? 1 : u < 0.95 ? 5 : 25
      return Array.from<number>({ length: size }).fill(draw.chance(RARE_SHARE) ? RARE : -offRare)
    },
    range: { max: RARE, decisions: 25 },
    beyond: 0,
    better: 20,
  },
  {
    // Harm that the range hides: 1 % beyond the declared worst, and a saving on all others.
    name: '1 % beyond the worst, others save',
    family: (draw) => single(draw.chance(RARE_SHARE) ? 1000 : -1),
    range: { max: 5, decisions: 1 },
    beyond: RARE_SHARE,
    better: 0.5,
  },
]

/** What is summed over a family: each difference cut at the worst. Whether any lay beyond it is counted apart. */
export function summed(
  differences: Differences,
  max: number,
  shift: number,
): { sum: FamilySum; beyond: boolean; pair: PairedCase[] } {
  let sum = 0
  let beyond = false
  const pair: PairedCase[] = []
  for (const drawn of differences) {
    const d = drawn - shift
    sum += Math.min(d, max)
    beyond ||= d > max
    pair.push({ base: NOTHING, cand: { sum: d, count: 1 } })
  }
  return { sum: { sum, count: differences.length }, beyond, pair }
}
const NOTHING: Measured = { sum: 0, count: 1 }

/** Latencies of one family under both arms, in ms. */
export interface TailWorld {
  readonly name: string
  readonly family: (draw: Draws) => readonly { readonly base: number; readonly cand: number }[]
  /** The baseline's p95 as it was pinned before sealing. */
  readonly pinned: number
  /** What the guardrail tolerates. */
  readonly maxMs: number
  /** How much faster the candidate is at the stated alternative, in ms. */
  readonly better: number
}

/** The .95 quantile of a standard normal variable. */
const Z95 = 1.6448536269514722
const CENTRE = 1000
const MAX_MS = 250
const TIMEOUT = 30_000
const CORRELATION = 0.8

/** Log-normal latencies of correlated arms; the candidate is slower by exactly what is tolerated. */
function correlated(sd: number, sizes: (draw: Draws) => number, icc: number): TailWorld['family'] {
  return (draw) => {
    const shared = [draw.normal(), draw.normal()]
    return Array.from({ length: sizes(draw) }, () => {
      const own = (common: number) => Math.sqrt(icc) * common + Math.sqrt(1 - icc) * draw.normal()
      const base = own(shared[0]!)
      const cand = CORRELATION * base + Math.sqrt(1 - CORRELATION ** 2) * own(shared[1]!)
      return { base: CENTRE * Math.exp(sd * base), cand: CENTRE * Math.exp(sd * cand) + MAX_MS }
    })
  }
}

const logWorld = (name: string, sd: number, family: TailWorld['family']): TailWorld => {
  const pinned = CENTRE * Math.exp(sd * Z95)
  return { name, family, pinned, maxMs: MAX_MS, better: 0.3 * pinned }
}

export const TAIL_WORLDS: readonly TailWorld[] = [
  logWorld(
    'p95, lognormal sd .5',
    0.5,
    correlated(0.5, () => 1, 0),
  ),
  logWorld(
    'p95, lognormal sd 1.2',
    1.2,
    correlated(1.2, () => 1, 0),
  ),
  logWorld(
    'p95, families of 1 to 9, icc .7',
    0.5,
    correlated(0.5, (draw) => 1 + 2 * draw.below(5), 0.7),
  ),
  {
    // The baseline's p95 lies in the bulk, the candidate's at the timeout.
    name: 'timeouts 4 -> 5.05 %',
    family: (draw) => {
      const u = draw.unit()
      const bulk = CENTRE * draw.unit()
      return [{ base: u < 0.04 ? TIMEOUT : bulk, cand: u < 0.0505 ? TIMEOUT : bulk }]
    },
    // Where 1 % of the bulk and the 4 % of timeouts lie above.
    pinned: CENTRE * (0.95 / 0.96),
    maxMs: MAX_MS,
    better: TIMEOUT,
  },
]
