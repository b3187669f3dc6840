/**
 * The difference between two arms, measured in pairs over families: latency, cost and the target metric. One family may bring
 * several cases; they are always taken together.
 */

import { requireInteger, requireWithin } from './range.ts'
import type { Series } from './series.ts'

/** What one arm measured on one case: a sum over `count` things. A plain value has count 1. */
export interface Measured {
  readonly sum: number
  readonly count: number
}

/** One case under both arms. */
export interface PairedCase {
  /** The baseline's measurement: finite. A case without one is excluded when the set is sealed. */
  readonly base: Measured
  /** The candidate's. A missing measurement is infinitely bad: Infinity where less is better, -Infinity where more is. */
  readonly cand: Measured
}

/** All cases of one family, at least one. */
export type Family = readonly PairedCase[]

/**
 * - `p95_delta`: Q95(cand) - Q95(base) over all cases, each with count 1.
 * - `mean_delta`: sum(cand) / count(cand) - sum(base) / count(base), a ratio of sums; with counts of 1 the mean difference.
 */
export type Statistic = 'p95_delta' | 'mean_delta'

/** Computes a statistic over `draws` families, each chosen by a call of `draw`; NaN when an arm counted nothing. */
type Sampler = (draw: () => number, draws: number) => number

/** The 0-based index of the q-quantile among `length` ascending values, rounded up ("higher"). */
function higherIndex(q: number, length: number): number {
  return Math.max(0, Math.ceil(q * (length - 1) - 1e-9))
}

/**
 * The q-quantile of a list, of the "higher" kind: ascending, 0-based index ceil(q (len-1) - 1e-9). Always one of the values.
 * @param values at least one, in any order
 * @param q in [0, 1]
 * @throws RangeError
 */
export function quantileHigher(values: ArrayLike<number>, q: number): number {
  requireInteger('number of values', values.length, 1)
  requireWithin('q', q, '[]', 0, 1)
  return Float64Array.from(values).sort()[higherIndex(q, values.length)]!
}

function requireFamilies(families: Series<Family>, statistic: Statistic): void {
  requireInteger('number of families', families.length, 1)
  for (const family of families) {
    requireInteger('cases of a family', family.length, 1)
    for (const { base, cand } of family) {
      // An infinite baseline would make any candidate look infinitely good.
      requireWithin('base.sum', base.sum, '()', -Infinity, Infinity)
      requireWithin('cand.sum', cand.sum, '[]', -Infinity, Infinity)
      const least = statistic === 'p95_delta' ? 1 : 0
      const most = statistic === 'p95_delta' ? 1 : Number.MAX_VALUE
      requireWithin('base.count', base.count, '[]', least, most)
      requireWithin('cand.count', cand.count, '[]', least, most)
    }
  }
}

function meanSampler(families: Series<Family>): Sampler {
  const total = (value: (one: PairedCase) => number) =>
    Float64Array.from(families, (family) => family.reduce((sum, one) => sum + value(one), 0))
  const baseSums = total((one) => one.base.sum)
  const baseCounts = total((one) => one.base.count)
  const candSums = total((one) => one.cand.sum)
  const candCounts = total((one) => one.cand.count)
  return (draw, draws) => {
    let [baseSum, baseCount, candSum, candCount] = [0, 0, 0, 0]
    for (let i = 0; i < draws; i++) {
      const family = draw()
      baseSum += baseSums[family]!
      baseCount += baseCounts[family]!
      candSum += candSums[family]!
      candCount += candCounts[family]!
    }
    return candSum / candCount - baseSum / baseCount
  }
}

/** One arm's values sorted once, so that a resample is a count per rank and its quantile a short walk from the top. */
function rankedArm(values: Float64Array) {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const rank = new Uint32Array(values.length)
  order.forEach((index, position) => {
    rank[index] = position
  })
  const sorted = Float64Array.from(order, (index) => values[index]!)
  const seen = new Uint32Array(values.length)
  return {
    clear: () => seen.fill(0),
    add: (index: number) => {
      seen[rank[index]!]!++
    },
    p95: (drawn: number) => {
      let above = drawn - 1 - higherIndex(0.95, drawn)
      let position = sorted.length - 1
      for (; above >= seen[position]!; position--) above -= seen[position]!
      return sorted[position]!
    },
  }
}

function valuesOf(families: Series<Family>, cases: number, value: (one: PairedCase) => number): Float64Array {
  const values = new Float64Array(cases)
  let at = 0
  for (const family of families) for (const one of family) values[at++] = value(one)
  return values
}

function p95Sampler(families: Series<Family>): Sampler {
  const starts = new Uint32Array(families.length + 1)
  let f = 0
  for (const family of families) starts[++f] = starts[f - 1]! + family.length
  const base = rankedArm(valuesOf(families, starts[f]!, (one) => one.base.sum))
  const cand = rankedArm(valuesOf(families, starts[f]!, (one) => one.cand.sum))
  return (draw, draws) => {
    base.clear()
    cand.clear()
    let drawn = 0
    for (let i = 0; i < draws; i++) {
      const family = draw()
      const end = starts[family + 1]!
      for (let index = starts[family]!; index < end; index++) {
        base.add(index)
        cand.add(index)
        drawn++
      }
    }
    return cand.p95(drawn) - base.p95(drawn)
  }
}

/**
 * Prepares the statistic for being computed over many draws.
 * @throws RangeError
 */
export function samplerFor(families: Series<Family>, statistic: Statistic): Sampler {
  requireFamilies(families, statistic)
  return statistic === 'p95_delta' ? p95Sampler(families) : meanSampler(families)
}
