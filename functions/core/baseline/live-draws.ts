/**
 * Noise of a live baseline. Each search case is asked several times under the very same settings, each time another draw of
 * the model, so whatever differs between draws is the model's and nobody's change.
 *
 * Two things are computed. The flip share of an evaluator is the mean over cases of the share of pairs of draws that differ,
 * which estimates without bias how likely two draws do. The least gain that counts is 1.645 standard deviations of the difference
 * of two such arms: draws of different cases are independent given the cases, so that variance is twice the sum of the cases'
 * sample variances over the square of the count, and an arm that changes nothing exceeds it in about one of twenty comparisons
 * (normal approximation). Arms that ask the same share the answer and differ less. It is a filter of the search side: it can
 * drop a candidate and certifies none, so an error in it costs a proposal and no guarantee.
 */
import type { LiveNoise } from '#schemas/live-model.ts'
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { metricOver, metricPart } from '../evaluate/metric.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { AnswerTally } from '../live/asked-answers.ts'
import type { BaselineReplay } from './baseline.ts'

/** One-sided 95 % quantile of the normal distribution. */
const Z = 1.645
/** Flipped cases that are named for each evaluator. */
const MOST_NAMED = 5

interface Drawn {
  readonly case_id: string
  readonly measures: readonly Measures[]
  /** Letters of the evaluators, a text for each draw. */
  readonly said: readonly string[]
}

/** Draws of the baseline of all search cases. */
export class LiveDraws {
  readonly #cases: Drawn[] = []
  readonly answers = new AnswerTally()
  #repeats = 0
  #lost = 0

  add(caseId: string, draws: readonly BaselineReplay[]): this {
    this.#repeats = draws.length
    const measures: Measures[] = []
    const said: string[] = []
    for (const draw of draws) {
      if (!('measures' in draw)) continue
      this.answers.add(draw.answers ?? [])
      measures.push(draw.measures)
      said.push(draw.said ?? '')
    }
    if (measures.length === draws.length) this.#cases.push({ case_id: caseId, measures, said })
    else this.#lost++
    return this
  }

  noise(suite: EvaluatorSuite, metric: MetricName): LiveNoise {
    return {
      repeats: this.#repeats,
      cases: this.#cases.length,
      lost: this.#lost,
      metric: { name: metric, within: this.#within(metric) },
      evaluators: suite.evaluators.map(({ evaluator_id }, at) => ({ evaluator_id, ...this.#flips(at) })),
    }
  }

  #flips(at: number): Omit<LiveNoise['evaluators'][number], 'evaluator_id'> {
    const cases: string[] = []
    let [n, flipped, shares] = [0, 0, 0]
    for (const { case_id, said } of this.#cases) {
      const letters = said.map((text) => text[at])
      if (letters.some((letter) => letter !== 'p' && letter !== 'f')) continue
      n++
      const passed = letters.filter((letter) => letter === 'p').length
      const differing = passed * (letters.length - passed)
      shares += (2 * differing) / (letters.length * (letters.length - 1))
      if (differing === 0) continue
      flipped++
      if (cases.length < MOST_NAMED) cases.push(case_id)
    }
    return { n, flipped, flip_share: n === 0 ? null : shares / n, cases }
  }

  /** The least gain that counts; null: some draw did not measure the metric, or there is none. */
  #within(metric: MetricName): number | null {
    if (this.#cases.length === 0 || this.#repeats < 2) return null
    return metricOf(metric).statistic === 'mean' ? this.#ofMean(metric) : this.#ofQuantile(metric)
  }

  #ofMean(metric: MetricName): number | null {
    let [variances, count] = [0, 0]
    for (const { measures } of this.#cases) {
      const parts = measures.map((of) => metricPart(metric, of))
      if (parts.some((part) => part === null)) return null
      const sums = parts.map((part) => part!.sum)
      const mean = sums.reduce((a, b) => a + b, 0) / sums.length
      variances += sums.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sums.length - 1)
      count += parts[0]!.count
    }
    return count === 0 ? null : (Z * Math.sqrt(2 * variances)) / count
  }

  /** Of a quantile the draws themselves are compared: the widest gap between two of them. */
  #ofQuantile(metric: MetricName): number | null {
    const values = Array.from({ length: this.#repeats }, (_, r) =>
      metricOver(
        metric,
        this.#cases.map(({ measures }) => measures[r]!),
      ),
    )
    if (values.some((value) => value === null)) return null
    return Math.max(...(values as number[])) - Math.min(...(values as number[]))
  }
}

/** Noise for people, a line for the metric and one for what flips. */
export function noiseLines({ repeats, cases, lost, metric, evaluators }: LiveNoise): string[] {
  const within =
    metric.within === null
      ? `of ${metric.name} is not measured, so no gain counts`
      : `of ${metric.name}: a gain up to ${Number(metric.within.toPrecision(3))} is none`
  const flips = evaluators
    .filter(({ n }) => n > 0)
    .map(
      ({ evaluator_id, n, flipped, flip_share }) =>
        `${evaluator_id} ${flipped} of ${n} (two draws differ with ${Number((100 * flip_share!).toPrecision(2))} %)`,
    )
  return [
    `noise ${within}; the baseline was asked ${repeats} times on each of ${cases} search cases${lost > 0 ? `, and ${lost} more had a draw without an answer` : ''}`,
    ...(flips.length > 0 ? [`cases that flip when asked again: ${flips.join(', ')}`] : []),
  ]
}
