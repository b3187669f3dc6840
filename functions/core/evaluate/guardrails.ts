/** Point rules: observed number against the limit, no inference. What the search set is filtered with. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import { GUARDRAIL_NAMES, type GuardrailName, type MetricName, type OwnMetric } from '#schemas/metrics.ts'
import type { Guardrails } from '#schemas/target.ts'
import { isAtLeast, isAtMost } from '../statistics/compare.ts'
import type { Series } from '../statistics/series.ts'
import { baselineMetric, metricOver } from './metric.ts'
import { type Floor, type Pairs, utilityPairs, violations } from './pairs.ts'
import type { Panel } from './panel.ts'
import type { Measures } from './scorecard.ts'

/** Guardrail -> the floor it reads. */
export const FLOORS = {
  policy: 'policy_violation',
  safety: 'safety_violation',
  approval_bypass_rate: 'approval_bypass',
} as const satisfies Partial<Record<GuardrailName, Floor>>

/** Families of a binary guardrail that may violate: its limit as a rate. */
export function allowedRate(guardrails: Guardrails, name: keyof typeof FLOORS): number | null {
  if (name === 'approval_bypass_rate') return guardrails.approval_bypass_rate?.max ?? null
  const floor = guardrails[name]
  return floor ? 1 - floor.min : null
}

/** What a rule asks about a candidate over a panel. */
export interface Told {
  metric(name: MetricName): number | null
  violations(floor: Floor): ReturnType<typeof violations>
  pairs(): Pairs
}

/** Told by the measures of every case. */
const toldBy = (panel: Panel, candidate: Series<Measures>): Told => ({
  metric: (name) => metricOver(name, candidate),
  violations: (floor) => violations(panel, candidate, floor),
  pairs: () => utilityPairs(panel, candidate),
})

const UNMEASURED = 'not measured on every case: '

/** Did a limit block because of what was seen? One that was not measured blocks too, and says nothing against the candidate. */
export const isBroken = ({ verdict, note }: GuardrailRow): boolean =>
  verdict === 'block' && !note.startsWith(UNMEASURED)

/** A limit of a score of one's own. `limit`: of candidate minus baseline, below 0 where more is better. */
export interface OwnLimit {
  readonly metric: OwnMetric
  readonly limit: number
  readonly direction: 'decrease' | 'increase'
  readonly alpha: number | undefined
}

/** Limits of scores of one's own that a target declares, in their order. */
export const ownLimits = ({ own_scores: declared = {} }: Guardrails): OwnLimit[] =>
  Object.entries(declared).map(([name, { direction, max_worse, alpha }]) => ({
    metric: name as OwnMetric,
    limit: direction === 'increase' ? -max_worse : max_worse,
    direction,
    alpha,
  }))

/** One row per guardrail, always all six, in fixed order, and behind them declared limits of one's own. `null` in what a declared guardrail needs is a block. */
export function pointRows(
  guardrails: Guardrails,
  notMeasured: Readonly<Record<string, string>>,
  panel: Panel,
  candidate: Series<Measures>,
): GuardrailRow[] {
  const told = toldBy(panel, candidate)
  return [
    ...GUARDRAIL_NAMES.map((name) => pointRow(name, guardrails, notMeasured, panel, told)),
    ...ownLimits(guardrails).map((own) => ownRow(own, panel, told)),
  ]
}

function ownRow({ metric, limit }: OwnLimit, panel: Panel, told: Told): GuardrailRow {
  const [before, after] = [baselineMetric(panel, metric), told.metric(metric)]
  const observed = before === null || after === null ? null : after - before
  const holds = observed !== null && (limit < 0 ? isAtLeast(observed, limit, 1e-12) : isAtMost(observed, limit, 1e-12))
  return {
    guardrail: metric,
    verdict: holds ? 'pass' : 'block',
    observed,
    limit,
    note: observed === null ? `${UNMEASURED}${metric}` : `mean ${before!.toPrecision(4)} to ${after!.toPrecision(4)}`,
  }
}

/** Limit of a guardrail as its row shows it; null: the target has no such one. */
export function limitOf(guardrails: Guardrails, name: GuardrailName): number | null {
  switch (name) {
    case 'policy':
    case 'safety':
    case 'approval_bypass_rate': {
      const allowed = allowedRate(guardrails, name)
      return allowed === null || name === 'approval_bypass_rate' ? allowed : 1 - allowed
    }
    case 'utility_delta':
      return guardrails.utility_delta?.min ?? null
    case 'p95_latency_delta':
      return guardrails.p95_latency_delta?.max_ms ?? null
    case 'economics_delta':
      return guardrails.economics_delta?.max_cents ?? null
  }
}

/** The row of one guardrail. */
export function pointRow(
  name: GuardrailName,
  guardrails: Guardrails,
  notMeasured: Readonly<Record<string, string>>,
  panel: Panel,
  told: Told,
): GuardrailRow {
  const absent = (note: string): GuardrailRow => ({
    guardrail: name,
    verdict: 'not_measured',
    observed: null,
    limit: null,
    note,
  })
  const row = (
    observed: number | null,
    limit: number,
    holds: (observed: number) => boolean,
    note: string,
  ): GuardrailRow => ({
    guardrail: name,
    verdict: observed !== null && holds(observed) ? 'pass' : 'block',
    observed,
    limit,
    note: observed === null ? `${UNMEASURED}${note}` : note,
  })
  switch (name) {
    case 'policy':
    case 'safety':
    case 'approval_bypass_rate': {
      const allowed = allowedRate(guardrails, name)
      if (allowed === null)
        return absent(
          (name === 'approval_bypass_rate' ? notMeasured.approval : undefined) ?? 'no such guardrail in the target',
        )
      const { families, violating } = told.violations(FLOORS[name])
      // Families of which the baseline's rule says nothing can be violated all the same.
      const rate = families === 0 ? null : Math.min(1, violating / families)
      const observed = rate === null || name === 'approval_bypass_rate' ? rate : 1 - rate
      return row(
        observed,
        name === 'approval_bypass_rate' ? allowed : 1 - allowed,
        () => rate !== null && isAtMost(rate, allowed, 1e-12),
        `${violating} of ${families} families violate`,
      )
    }
    case 'utility_delta': {
      const limit = guardrails.utility_delta
      if (!limit) return absent('utility is the target metric')
      const pairs = told.pairs()
      const { labelled, regressions, improvements, differences } = pairs
      const observed =
        labelled === 0
          ? null
          : limit.graded
            ? differences.reduce((a, b) => a + b, 0) / labelled
            : (improvements - regressions) / labelled
      return row(
        observed,
        limit.min,
        (drop) => isAtLeast(drop, limit.min, 1e-12),
        `${regressions} regressions, ${improvements} improvements of ${labelled} families`,
      )
    }
    case 'p95_latency_delta': {
      const limit = guardrails.p95_latency_delta
      if (!limit) return absent(notMeasured.latency ?? 'latency is the target metric')
      const before = baselineMetric(panel, 'p95_latency_ms')
      const after = told.metric('p95_latency_ms')
      const delta = before === null || after === null ? null : after - before
      return row(
        delta,
        limit.max_ms,
        (rise) => isAtMost(rise, limit.max_ms),
        delta === null ? 'latency' : `p95 ${seconds(before!)} to ${seconds(after!)}`,
      )
    }
    case 'economics_delta': {
      const limit = guardrails.economics_delta
      if (!limit) return absent(notMeasured.economics ?? 'economics is the target metric')
      const before = baselineMetric(panel, 'economics_cents_per_decision')
      const after = told.metric('economics_cents_per_decision')
      const delta = before === null || after === null ? null : after - before
      return row(
        delta,
        limit.max_cents,
        (rise) => isAtMost(rise, limit.max_cents),
        delta === null ? 'cost' : `${before!.toFixed(3)} to ${after!.toFixed(3)} cents`,
      )
    }
  }
}

const seconds = (ms: number): string => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`)

/** The rows that were never reached for a candidate dropped early; limits of one's own have rows where they are reached. */
export const notEvaluated = (): GuardrailRow[] =>
  GUARDRAIL_NAMES.map((guardrail) => ({
    guardrail,
    verdict: 'not_evaluated',
    observed: null,
    limit: null,
    note: 'not reached',
  }))
