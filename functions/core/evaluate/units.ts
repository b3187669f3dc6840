/** The same counts by family and by decision, and the families that carry so many decisions that they speak for the rest. */
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import type { Units } from '#schemas/units.ts'
import { isAtMost } from '../statistics/compare.ts'
import { percent } from '../statistics/percent.ts'
import { fieldIfThere, fieldOf, type Series } from '../statistics/series.ts'
import { metricParts } from './metric.ts'
import { type Floor, isViolated } from './pairs.ts'
import { byFamily, type Panel } from './panel.ts'
import type { Measures } from './scorecard.ts'

type Heavy = Units['heavy'][number]

/**
 * Families that carry more than a share of all decisions, the largest first. One that makes a single decision carries no
 * more than any other could.
 */
export function heavyFamilies(panel: Panel, share: number): Heavy[] {
  const { first } = byFamily(panel)
  const limit = share * panel.cases.length
  const familyAt = fieldOf(panel.cases, 'family_id')
  const heavy: Heavy[] = []
  for (const [f, i] of panel.representative.entries()) {
    const decisions = first[f + 1]! - first[f]!
    if (decisions > 1 && !isAtMost(decisions, limit)) heavy.push({ family_id: familyAt(i), decisions })
  }
  return heavy.sort((a, b) => b.decisions - a.decisions)
}

/** A candidate counted by decision, beside what the rows count by family. */
export function unitsOf(panel: Panel, candidate: Series<Measures>, metric: MetricName, share: number): Units {
  const violating = (floor: Floor): number => {
    const [baseAt, nowAt] = [fieldOf(panel.baseline, floor), fieldIfThere(candidate, floor)]
    return count(panel, (i) => isViolated(nowAt(i), baseAt(i)))
  }
  const before = fieldOf(panel.baseline, 'utility_passed')
  const passedNow = fieldIfThere(candidate, 'utility_passed')
  const passes = (i: number) => passedNow(i) ?? false
  return {
    families: panel.families,
    decisions: panel.cases.length,
    policy_violations: violating('policy_violation'),
    safety_violations: violating('safety_violation'),
    approval_bypasses: violating('approval_bypass'),
    labelled: count(panel, (i) => before(i) !== null),
    regressions: count(panel, (i) => before(i) === true && !passes(i)),
    improvements: count(panel, (i) => before(i) === false && passes(i)),
    metric_per_family: metricOf(metric).statistic === 'mean' ? perFamily(panel, candidate, metric) : null,
    heavy: heavyFamilies(panel, share),
  }
}

const count = ({ cases }: Panel, holds: (index: number) => boolean): number => {
  let total = 0
  for (let i = 0; i < cases.length; i++) if (holds(i)) total++
  return total
}

/** Mean over families of each one's mean difference: every family speaks once. Null where anything is not measured. */
function perFamily(panel: Panel, candidate: Series<Measures>, metric: MetricName): number | null {
  const { order, first } = byFamily(panel)
  const [partBefore, partAfter] = [metricParts(metric, panel.baseline), metricParts(metric, candidate)]
  let [total, families] = [0, 0]
  for (let f = 0; f < panel.families; f++) {
    const arms = { before: { sum: 0, count: 0 }, after: { sum: 0, count: 0 } }
    for (const i of order.subarray(first[f], first[f + 1])) {
      const before = partBefore(i)
      const after = i < candidate.length ? partAfter(i) : null
      if (before === null || after === null) return null
      for (const [arm, part] of [
        [arms.before, before],
        [arms.after, after],
      ] as const) {
        arm.sum += part.sum
        arm.count += part.count
      }
    }
    if (arms.before.count === 0 || arms.after.count === 0) continue
    total += arms.after.sum / arms.after.count - arms.before.sum / arms.before.count
    families++
  }
  return families === 0 ? null : total / families
}

/** What is named at most: a list of hundreds says no more. */
const NAMED = 3
/** Who carries more than the declared share, by name; none where nobody does. `set`: "search", "sealed". */
export function heavyLines(heavy: readonly Heavy[], decisions: number, share: number, set: string): string[] {
  if (heavy.length === 0) return []
  const isOne = heavy.length === 1
  const named = heavy
    .slice(0, NAMED)
    .map(({ family_id, decisions: own }) => `${family_id} ${own} (${percent(own / decisions, 2)})`)
  const more = heavy.length > NAMED ? `, and ${heavy.length - NAMED} more` : ''
  return [
    `of ${decisions} ${set} decisions ${isOne ? 'one family carries' : `${heavy.length} families carry`} more than ${percent(share, 2)}${isOne ? '' : ' each'}: ${named.join(', ')}${more}. Figures per decision speak mostly of ${isOne ? 'it' : 'them'}; counts of families do not`,
  ]
}

/** Lines that set a certificate's counts of families beside those of decisions. */
export function unitLines(units: Units, metric: MetricName, observed: number | null, share: number): string[] {
  const { families, decisions } = units
  if (families === decisions) return [`${families} families, one decision each: both counts are the same`]
  const { unit } = metricOf(metric)
  const signed = (value: number) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(4))} ${unit}`
  const means =
    observed === null || units.metric_per_family === null
      ? []
      : [`${metric} ${signed(observed)} per decision, ${signed(units.metric_per_family)} per family`]
  return [
    `${families} families made ${decisions} decisions; of the decisions ${units.policy_violations} violate policy, ${units.safety_violations} safety, ${units.approval_bypasses} bypass an approval; utility g=${units.regressions}, f=${units.improvements} of ${units.labelled}`,
    ...means,
    ...heavyLines(units.heavy, decisions, share, 'sealed'),
  ]
}
