/** Differences of a metric by family, turned into what the mean rules read: sums cut at the declared worst, and counts. */
import type { MetricName } from '#schemas/metrics.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { number, record } from '../bytes/columns.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import { metricParts } from '../evaluate/metric.ts'
import { byFamily, type Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { FamilySum } from '../statistics/betting-mean.ts'
import { isAtMost } from '../statistics/compare.ts'
import type { Series } from '../statistics/series.ts'

export interface Differences {
  /** One entry per family that counts anything, in family order; of at most `decisions` decisions each. */
  readonly sums: Series<FamilySum>
  /** M: as declared, or the largest family where nothing is. */
  readonly decisions: number
  /** Families in which a decision rose above the worst that was declared. */
  readonly beyond: number
  /** Decisions that the baseline measured, and those of them that fell or were lost. */
  readonly measured: number
  readonly below: number
  readonly lost: number
  /** Families that have more decisions than count. */
  readonly capped: number
  /** The two arms count different things, so a difference of their ratios is none of sums. */
  readonly otherCounts: boolean
}

/** How differences are read. */
interface Reading {
  readonly metric: MetricName
  /** -1 turns a metric of which more is better, so that more is worse. */
  readonly sign: 1 | -1
  /** The worst difference of one decision, in the unit of the metric. */
  readonly max: number
  /** M, the most decisions of a family that count, drawn by their key; null: all. */
  readonly cap: number | null
}

/** Candidate minus baseline on every case, by family. A missing measurement is the worst end of the range. */
export function familyDifferences(
  panel: Panel,
  measures: Series<Measures>,
  { metric, sign, max, cap }: Reading,
): Differences {
  const { order, first } = byFamily(panel)
  const sums = new ByteList<FamilySum>(record({ sum: number, count: number }))
  let [beyond, measured, below, lost, capped, decisions] = [0, 0, 0, 0, 0, 1]
  let otherCounts = false
  const [baseOf, nowOf] = [metricParts(metric, panel.baseline), metricParts(metric, measures)]
  for (let family = 0; family < panel.families; family++) {
    const all = order.subarray(first[family], first[family + 1])
    const cases = cap !== null && all.length > cap ? drawn(panel, Array.from(all), cap) : all
    if (cases.length < all.length) capped++
    let sum = 0
    let count = 0
    let isBeyond = false
    for (const i of cases) {
      const [base, now] = [baseOf(i), nowOf(i)]
      const isKnown = base !== null && now !== null
      if (base !== null) measured++
      if (base !== null && !isKnown) lost++
      // A metric that counts anything but decisions has no declared range, and a missing arm no count of its own.
      const counted = base?.count ?? 1
      otherCounts ||= counted !== 1 || (now !== null && now.count !== counted)
      const difference = isKnown ? sign * (now.sum - base.sum) : max
      if (isKnown && difference < 0) below++
      isBeyond ||= !isAtMost(difference, max)
      sum += Math.min(difference, max)
      count++
    }
    if (isBeyond) beyond++
    decisions = Math.max(decisions, count)
    sums.add({ sum, count })
  }
  return { sums, decisions: cap ?? decisions, beyond, measured, below, lost, capped, otherCounts }
}

/** So many cases of a family as count, by the digest of their ids: nobody picks them. */
function drawn({ cases }: Panel, indices: readonly number[], cap: number): number[] {
  const keyed = indices.map((i) => {
    const { family_id, case_id } = cases.at(i)!
    return { i, key: digestOf([family_id, case_id]) }
  })
  return keyed
    .sort((a, b) => byCodeUnit(a.key, b.key))
    .slice(0, cap)
    .map(({ i }) => i)
}
