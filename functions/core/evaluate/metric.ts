/** Reads a target's metric off measures, and folds it over cases. */
import { METRICS, type MetricName } from '#schemas/metrics.ts'
import { isBelow } from '../statistics/compare.ts'
import { measured } from '../statistics/measured.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'
import type { Series } from '../statistics/series.ts'
import type { Measures } from './scorecard.ts'

/** One case's share of a metric: the mean over cases is sum of `sum` over sum of `count`. */
export interface MetricPart {
  readonly sum: number
  readonly count: number
}

/** A case's part of a metric; `null`: not measured. A count of 0 means that nothing in the case is of that kind. */
export function metricPart(metric: MetricName, measures: Measures): MetricPart | null {
  const { measure, per } = METRICS[metric]
  const sum = measured(measure, measures)
  const count = per ? measured(per, measures) : 1
  return sum === null || count === null ? null : { sum, count }
}

/** A metric over cases; `null` when any case lacks it, or when nothing of its kind occurred. */
export function metricOver(metric: MetricName, all: Series<Measures>): number | null {
  const { statistic } = METRICS[metric]
  const values = new Float64Array(statistic === 'mean' ? 0 : all.length)
  let at = 0
  let sum = 0
  let count = 0
  for (const measures of all) {
    const part = metricPart(metric, measures)
    if (part === null) return null
    sum += part.sum
    count += part.count
    if (statistic !== 'mean') values[at++] = part.sum
  }
  if (count === 0) return null
  return statistic === 'mean' ? sum / count : quantileHigher(values, statistic === 'p95' ? 0.95 : 0.5)
}

/** Is `a` strictly better than `b` under a direction? Nothing is better, or worse, than what is no finite number. */
export const isBetter = (direction: 'decrease' | 'increase', a: number, b: number): boolean =>
  direction === 'decrease' ? isBelow(a, b) : isBelow(b, a)
