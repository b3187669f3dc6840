/** One candidate while its cases are rendered: what its free fates read of them, and no measures of single cases. */
import { METRIC_NAMES, type MetricName, metricOf, readsVerdicts } from '#schemas/metrics.ts'
import type { Told } from '../evaluate/guardrails.ts'
import { MeanFold, quantileOf } from '../evaluate/metric.ts'
import { type Floor, isViolated, type Pairs, scoredFamilies } from '../evaluate/pairs.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { asMeasured } from '../statistics/measured.ts'
import { fieldOf } from '../statistics/series.ts'
import type { Rendered } from './free-fates.ts'
import type { Contexts, Rendering } from './replayer.ts'

/** Means that a free fate may read. */
const MEANS: MetricName[] = METRIC_NAMES.filter((m) => metricOf(m).statistic === 'mean' && !readsVerdicts(m))

export class RenderedCandidate implements Rendered, Told {
  readonly #panel: Panel
  readonly #means = new Map(MEANS.map((name) => [name, new MeanFold(name)]))
  /** Latencies by case from the first on that is not the baseline's, in half the room as long as each of them fits; null: all are. */
  #latencies: Float32Array | Float64Array | null = null
  readonly #baselineLatency: (index: number) => number | null
  #hasLatency = true
  readonly #baselineBypass: (index: number) => boolean | null
  /** Families with a bypass; null: there is none. */
  #bypassing: Uint8Array | null = null
  #bypasses = 0
  readonly contexts: Contexts
  readonly amounts: number[] = []
  unreplayable = 0
  why = ''

  constructor(panel: Panel, group: number) {
    this.#panel = panel
    this.#baselineLatency = fieldOf(panel.baseline, 'latency_ms')
    this.#baselineBypass = fieldOf(panel.baseline, 'approval_bypass')
    this.contexts = { group, numbers: new Uint8Array(panel.cases.length) }
  }

  get told(): Told {
    return this
  }

  /** Cases in their order. */
  add(index: number, { measures, amounts, context }: Rendering): void {
    this.contexts.numbers[index] = context
    if ('unreplayable' in measures) {
      this.unreplayable++
      this.why ||= measures.unreplayable
    } else if (this.unreplayable === 0) {
      this.#add(index, measures)
      this.amounts.push(...amounts)
    }
  }

  metric(name: MetricName): number | null {
    const mean = this.#means.get(name)
    if (mean) return mean.value()
    if (!this.#hasLatency) return null
    const values = this.#latencies ?? this.#baselineLatencies(this.#panel.cases.length)
    return quantileOf(name, values instanceof Float64Array ? values : Float64Array.from(values))
  }

  violations(floor: Floor): { families: number; violating: number } {
    return { families: scoredFamilies(this.#panel, floor), violating: this.#bypasses }
  }

  pairs(): Pairs {
    throw new RangeError('rendering says nothing of utility')
  }

  #add(index: number, measures: Measures): void {
    for (const [name, mean] of this.#means) {
      const { measure, per } = metricOf(name)
      mean.add(measures[measure] ?? null, per ? (measures[per] ?? null) : 1)
    }
    if (isViolated(measures.approval_bypass, this.#baselineBypass(index))) this.#bypass(this.#panel.familyOf[index]!)
    const latency = asMeasured('latency_ms', measures.latency_ms)
    if (latency === null) this.#hasLatency = false
    else if (this.#latencies) this.#latencies = withValue(this.#latencies, index, latency)
    else if (latency !== this.#baselineLatency(index))
      this.#latencies = withValue(this.#baselineLatencies(index), index, latency)
  }

  #bypass(family: number): void {
    this.#bypassing ??= new Uint8Array(this.#panel.families)
    if (this.#bypassing[family] === 0) this.#bypasses++
    this.#bypassing[family] = 1
  }

  /** Room for the latencies of all cases, filled with the baseline's before one of them. */
  #baselineLatencies(end: number): Float32Array | Float64Array {
    let latencies: Float32Array | Float64Array = new Float32Array(this.#panel.cases.length)
    for (let i = 0; i < end; i++) latencies = withValue(latencies, i, this.#baselineLatency(i)!)
    return latencies
  }
}

/** Numbers with one more, in a wider room where that one does not fit. */
function withValue(numbers: Float32Array | Float64Array, index: number, value: number): Float32Array | Float64Array {
  const room = numbers instanceof Float64Array || Math.fround(value) === value ? numbers : Float64Array.from(numbers)
  room[index] = value
  return room
}
