/** The metrics a target may name, and the one table that maps metric, dimension, guardrail and delta keys. */

import type { AmountName } from './measures.ts'

/** The five score dimensions, in the order in which they are always printed (the article's Scorecard). */
export const DIMENSIONS = ['policy', 'safety', 'utility', 'latency', 'economics'] as const
type Dimension = (typeof DIMENSIONS)[number]

/** What an evaluator of a suite may be about: the dimensions, and approvals. */
export const EVALUATOR_DIMENSIONS = ['policy', 'safety', 'utility', 'latency', 'economics', 'approval'] as const

/** Who may have given a recorded score or verdict. */
export const SCORE_KINDS = ['human', 'rule', 'business', 'judge'] as const

/** A metric of one's own: the mean score of the evaluator that a suite marks as its metric, by its id. */
export type OwnMetric = `score:${string}`

/** Metrics that a target may name; `metricOf` says what each measures. */
export type MetricName = BuiltInMetric | OwnMetric

/** Those that need no suite of one's own. */
type BuiltInMetric =
  | 'economics_cents_per_decision'
  | 'economics_tokens_per_decision'
  | 'p95_latency_ms'
  | 'p50_latency_ms'
  | 'utility'
  | 'approval_wait_rate'

/** What a metric is measured in and how. */
interface Metric {
  /** The dimension it is printed under. */
  readonly dimension: Dimension
  /** As printed beside a value: cents, tokens, ms, score or share. */
  readonly unit: string
  /** Key under `observed_delta` of a proposal. */
  readonly delta_key: string
  /** What it reads of a case. */
  readonly measure: AmountName
  /** Measure that counts what was measured; absent: each case counts once. */
  readonly per?: AmountName
  /** How per-case values become one number. */
  readonly statistic: 'mean' | 'p95' | 'p50'
  /** What is measured, in words, for people. */
  readonly says: string
}

/**
 * Metric -> meaning. `approval_wait_rate` stands under latency: what it costs is people waiting for people. Delta keys
 * are the article's where it has one; the table is ours.
 */
export const METRICS: Readonly<Record<BuiltInMetric, Metric>> = {
  economics_cents_per_decision: {
    dimension: 'economics',
    unit: 'cents',
    delta_key: 'economics_cents',
    measure: 'economics_cents',
    statistic: 'mean',
    says: 'recorded usage at the pinned price table',
  },
  economics_tokens_per_decision: {
    dimension: 'economics',
    unit: 'tokens',
    delta_key: 'economics_tokens',
    measure: 'economics_tokens',
    statistic: 'mean',
    says: 'prompt tokens of the run',
  },
  p95_latency_ms: {
    dimension: 'latency',
    unit: 'ms',
    delta_key: 'p95_latency_ms',
    measure: 'latency_ms',
    statistic: 'p95',
    says: '95th percentile of recorded latency',
  },
  p50_latency_ms: {
    dimension: 'latency',
    unit: 'ms',
    delta_key: 'p50_latency_ms',
    measure: 'latency_ms',
    statistic: 'p50',
    says: 'median of recorded latency',
  },
  utility: {
    dimension: 'utility',
    unit: 'score',
    delta_key: 'utility',
    measure: 'utility_score',
    statistic: 'mean',
    says: 'utility score of the pinned suite',
  },
  approval_wait_rate: {
    dimension: 'latency',
    unit: 'share',
    delta_key: 'approval_wait_rate',
    measure: 'approval_waits',
    per: 'approval_actions',
    statistic: 'mean',
    says: 'share of right actions that wait for a person',
  },
}

/** Names of `METRICS`, in its order; never empty. */
export const METRIC_NAMES = Object.keys(METRICS) as [BuiltInMetric, ...BuiltInMetric[]]

const OWN = 'score:'

/** Is it a metric of one's own? */
export const isOwnMetric = (name: string): name is OwnMetric => name.startsWith(OWN)

/** A name in words; what a suite calls its evaluator stays as it is. */
export const spaced = (name: string): string => (isOwnMetric(name) ? name : name.replaceAll('_', ' '))

/** Id of the evaluator whose score a metric of one's own is. */
export const scoredBy = (metric: OwnMetric): string => metric.slice(OWN.length)

/** Is this the name of a metric? */
export const isMetric = (name: string): name is MetricName => isOwnMetric(name) || Object.hasOwn(METRICS, name)

/** Is its value told by the verdicts of a suite, so that it must be paid for? */
export const readsVerdicts = (metric: MetricName): boolean => metric === 'utility' || isOwnMetric(metric)

/** What a metric measures. One of one's own is a score of 0..1, onto which its suite maps the declared range. */
export const metricOf = (name: MetricName): Metric =>
  isOwnMetric(name)
    ? {
        dimension: 'utility',
        unit: 'score',
        delta_key: name,
        measure: 'own_score',
        statistic: 'mean',
        says: `mean score of ${scoredBy(name)}`,
      }
    : METRICS[name]

/**
 * Guardrail name -> the dimension it protects (the article's limits; `economics_delta` is ours, since its example has
 * none there). `approval_bypass_rate` is a floor of its own, counted under policy.
 */
export const GUARDRAILS = {
  policy: 'policy',
  safety: 'safety',
  approval_bypass_rate: 'policy',
  utility_delta: 'utility',
  p95_latency_delta: 'latency',
  economics_delta: 'economics',
} as const

/** A guardrail that a target may declare. */
export type GuardrailName = keyof typeof GUARDRAILS

/** Names of `GUARDRAILS`, in the order in which rows are always printed. */
export const GUARDRAIL_NAMES = Object.keys(GUARDRAILS) as GuardrailName[]
