/** Reads a target's metric off measures, and folds it over cases. */
import { type AmountName, OWN_MEASURE, OWN_MEASURES } from '#schemas/measures.ts'
import { isOwnMetric, type MetricName, metricOf, scoredBy } from '#schemas/metrics.ts'
import { isBelow } from '../statistics/compare.ts'
import { asMeasured, ownScore } from '../statistics/measured.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'
import { fieldOf, type Series } from '../statistics/series.ts'
import type { Panel } from './panel.ts'
import type { Measures } from './scorecard.ts'

/** One case's share of a metric: the mean over cases is sum of `sum` over sum of `count`. */
interface MetricPart {
  readonly sum: number
  readonly count: number
}

/** A case's part of a metric; `null`: not measured. A count of 0 means that nothing in the case is of that kind. */
export const metricPart = (metric: MetricName, measures: Measures): MetricPart | null =>
  metricParts(metric, [measures])(0)

/** What a metric reads of each case, by index. */
function readerOf(metric: MetricName, all: Series<Measures>): (index: number) => number | null {
  if (!isOwnMetric(metric)) {
    const at = fieldOf(all, metricOf(metric).measure)
    return (index) => at(index) ?? null
  }
  const [alone, named] = [fieldOf(all, OWN_MEASURE), fieldOf(all, OWN_MEASURES)]
  const evaluator = scoredBy(metric)
  return (index) => ownScore(evaluator, { own_score: alone(index), own_scores: named(index) })
}

/** The same of many cases, by index. */
export function metricParts(metric: MetricName, all: Series<Measures>): (index: number) => MetricPart | null {
  const { measure, per } = metricOf(metric)
  const sumAt = readerOf(metric, all)
  const countAt = per ? fieldOf(all, per) : null
  return (index) => {
    const sum = asMeasured(measure, sumAt(index))
    const count = per ? asMeasured(per, countAt!(index)) : 1
    return sum === null || count === null ? null : { sum, count }
  }
}

/** A metric over cases; `null` when any case lacks it, or when nothing of its kind occurred. */
export function metricOver(metric: MetricName, all: Series<Measures>): number | null {
  const { per, statistic } = metricOf(metric)
  if (statistic !== 'mean') return quantileOver(metric, all)
  const sumAt = readerOf(metric, all)
  const countAt = per ? fieldOf(all, per) : null
  const mean = new MeanFold(metric)
  for (let i = 0; i < all.length && mean.isMeasured; i++) mean.add(sumAt(i), countAt ? (countAt(i) ?? null) : 1)
  return mean.value()
}

/** A quantile metric over cases; `null` when any case lacks it. */
function quantileOver(metric: MetricName, all: Series<Measures>): number | null {
  const { measure } = metricOf(metric)
  const at = fieldOf(all, measure)
  const values = new Float64Array(all.length)
  for (let i = 0; i < values.length; i++) {
    const value = asMeasured(measure, at(i))
    if (value === null) return null
    values[i] = value
  }
  return quantileOf(metric, values)
}

/** A quantile metric of its values, one a case. */
export const quantileOf = (metric: MetricName, values: Float64Array): number | null =>
  values.length === 0 ? null : quantileHigher(values, metricOf(metric).statistic === 'p95' ? 0.95 : 0.5)

/** A mean metric while its cases are added, always in case order: sums of floating point depend on it. */
export class MeanFold {
  readonly #measure: AmountName
  readonly #per: AmountName | undefined
  #sum = 0
  #count = 0
  /** False once a case lacked it. */
  isMeasured = true

  constructor(metric: MetricName) {
    const { measure, per } = metricOf(metric)
    this.#measure = measure
    this.#per = per
  }

  add(value: number | null, per: number | null): void {
    const sum = asMeasured(this.#measure, value)
    const count = this.#per ? asMeasured(this.#per, per) : 1
    if (sum === null || count === null) this.isMeasured = false
    else {
      this.#sum += sum
      this.#count += count
    }
  }

  value(): number | null {
    return this.isMeasured && this.#count !== 0 ? this.#sum / this.#count : null
  }
}

const ofBaselines = new WeakMap<Panel, Map<MetricName, number | null>>()

/** A metric over the baseline of a panel, which never changes: computed once. */
export function baselineMetric(panel: Panel, metric: MetricName): number | null {
  const known = ofBaselines.get(panel) ?? new Map<MetricName, number | null>()
  ofBaselines.set(panel, known)
  if (!known.has(metric)) known.set(metric, metricOver(metric, panel.baseline))
  return known.get(metric)!
}

/** Is `a` strictly better than `b` under a direction? Nothing is better, or worse, than what is no finite number. */
export const isBetter = (direction: 'decrease' | 'increase', a: number, b: number): boolean =>
  direction === 'decrease' ? isBelow(a, b) : isBelow(b, a)
