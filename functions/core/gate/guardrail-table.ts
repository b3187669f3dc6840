/** One row a guardrail: what it tests, the families at hand, what it needs, and whether it could be answered. */
import type { PreflightRow } from '#schemas/heldout.ts'
import { metricOf, type OwnMetric } from '#schemas/metrics.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { allowedRate, type FLOORS } from '../evaluate/guardrails.ts'
import { floorsOf } from '../evaluate/scorecard.ts'
import { percent } from '../statistics/percent.ts'
import { rateOf } from './seal.ts'

/** A row of the preflight with what it tests, in words. What only a sealed set could tell is null where there is none. */
export interface GuardrailNeed {
  readonly guardrail: string
  readonly tests: string
  readonly verdict: PreflightRow['verdict'] | null
  readonly families: number | null
  readonly needed: number | null
  readonly power: number | null
  readonly note: string | null
}

/** Rows of the preflight in their order; without any, what the target declares. */
export function guardrailTable(
  rows: readonly PreflightRow[],
  target: ResolvedTarget,
  suite: EvaluatorSuite,
): GuardrailNeed[] {
  const unknown = { verdict: null, families: null, needed: null, power: null, note: null }
  const names = rows.length > 0 ? rows.map((r) => r.guardrail) : declaredIn(target)
  return names.map((guardrail, i) => ({
    ...unknown,
    ...rows[i],
    guardrail,
    tests: whatIsTested(guardrail, target, suite),
  }))
}

function declaredIn({ guardrails: { own_scores, ...named } }: ResolvedTarget): string[] {
  return [...Object.keys(named), ...Object.keys(own_scores ?? {})]
}

function whatIsTested(guardrail: string, target: ResolvedTarget, suite: EvaluatorSuite): string {
  const { guardrails } = target
  const rules = (dimension: Parameters<typeof floorsOf>[1]): string =>
    floorsOf(suite, dimension)
      .map((e) => e.evaluator_id)
      .join(', ')
  const rate = (name: keyof typeof FLOORS): string =>
    percent(rateOf(allowedRate(guardrails, name)!, guardrails[name]!.max_violation_rate), 4)
  switch (guardrail) {
    case 'policy':
    case 'safety':
      return `fewer than ${rate(guardrail)} of families break one of: ${rules(guardrail)}`
    case 'approval_bypass_rate':
      return `fewer than ${rate(guardrail)} of families skip an approval that the baseline asks for, or break: ${rules('approval')}`
    case 'utility_delta':
      return `utility falls by less than ${Number((marginOf(target) * 100).toPrecision(4))} points: ${rules('utility')}`
    case 'utility':
      return `utility rises: ${rules('utility')}`
    case 'harness_baseline':
      return 'the harness decides as recorded on every sealed case'
    case 'recorded':
      return 'the sealed cases were recorded under the first candidate'
    case 'p95_latency_delta':
      return `p95 latency rises by at most ${guardrails.p95_latency_delta?.max_ms} ms`
    case 'economics_delta':
      return `cost rises by at most ${guardrails.economics_delta?.max_cents} cents a decision`
    default:
      if (guardrails.own_scores !== undefined && Object.hasOwn(guardrails.own_scores, guardrail))
        return `the mean of ${guardrail} gets worse by at most ${guardrails.own_scores[guardrail as OwnMetric]!.max_worse}`
      return guardrail === target.metric
        ? `the target itself ${target.direction === 'decrease' ? 'falls' : 'rises'}: ${metricOf(target.metric).says}`
        : guardrail
  }
}
