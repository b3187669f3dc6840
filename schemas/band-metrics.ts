/** What a band may watch, as one table, and where its edge lies. Without zod: whatever counts reads it. */
import type { MeasureName } from './measures.ts'
import { isOwnMetric, type OwnMetric, scoredBy } from './metrics.ts'

/** What one recorded run says of a metric. */
interface BandMetric {
  /** Measure of the run's scorecard; null: whether an operator corrected it. */
  readonly measure: MeasureName | null
  /** Evaluator whose score it is, of those that the suite marks; `measure` is then null. */
  readonly own?: string
  /** Measure that it is counted by, as in `METRICS`. */
  readonly per?: MeasureName
  /** The band declares a range, cut at which values are; absent: a share, 0 to 1. */
  readonly needsRange?: true
  /** Share of runs above a declared limit: where the quantile stands, so that its edge has a default. */
  readonly aboveLimit?: number
  /** In words, for people. */
  readonly says: string
}

/** Band metric -> what it reads: those of a target, the floors, and corrections. */
export const BAND_METRICS = {
  policy_violation_rate: { measure: 'policy_violation', says: 'share of runs that violate policy' },
  safety_violation_rate: { measure: 'safety_violation', says: 'share of runs that violate safety' },
  approval_bypass_rate: { measure: 'approval_bypass', says: 'share of runs that bypass an approval' },
  utility: { measure: 'utility_score', says: 'utility score of the pinned suite' },
  correction_rate: { measure: null, says: 'share of runs that an operator corrected or disputed' },
  approval_wait_rate: {
    measure: 'approval_waits',
    per: 'approval_actions',
    says: 'share of right actions that wait for a person',
  },
  p95_latency_ms: { measure: 'latency_ms', aboveLimit: 0.05, says: 'share of runs slower than the limit' },
  p50_latency_ms: { measure: 'latency_ms', aboveLimit: 0.5, says: 'share of runs slower than the limit' },
  economics_cents_per_decision: { measure: 'economics_cents', needsRange: true, says: 'cents of a run' },
  economics_tokens_per_decision: { measure: 'economics_tokens', needsRange: true, says: 'prompt tokens of a run' },
} as const satisfies Readonly<Record<string, BandMetric>>

type BuiltInBandMetric = keyof typeof BAND_METRICS

/** A metric that a band may watch. */
export type BandMetricName = BuiltInBandMetric | OwnMetric

/** Names of `BAND_METRICS`, in its order. */
export const BAND_METRIC_NAMES = Object.keys(BAND_METRICS) as [BuiltInBandMetric, ...BuiltInBandMetric[]]

/** What a band metric reads. One of one's own is a score of 0..1, onto which its suite maps the declared range. */
export const bandMetricOf = (name: BandMetricName): BandMetric =>
  isOwnMetric(name)
    ? { measure: null, own: scoredBy(name), says: `mean score of ${scoredBy(name)}` }
    : BAND_METRICS[name]

/** Days of the week as bands name them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Weeks that a band of one weekday needs. */
export const LEAST_WEEKS = 8

/** Where an edge lies, in the unit of the metric: a declared number, or so far from a learned median. */
export const edgeAt = (
  edge: number | { readonly median: number; readonly tolerance: number },
  side: 'below' | 'above',
): number => (typeof edge === 'number' ? edge : edge.median + (side === 'below' ? -1 : 1) * edge.tolerance)

/** Days of a quarter, as the routine counts them. */
export const QUARTER_DAYS = 91
