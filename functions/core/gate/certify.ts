/** Certificate of one candidate on the sealed set: every certified guardrail with its p-value, every checked bound. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Certificate, CertifiedRow, HeldoutVersion } from '#schemas/heldout.ts'
import { METRICS, type MetricName } from '#schemas/metrics.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { DEFAULT_ALPHA, marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { metricOver, metricPart } from '../evaluate/metric.ts'
import { scoreDelta, utilityPairs, violations } from '../evaluate/pairs.ts'
import { byFamily, casesWhere, type Panel } from '../evaluate/panel.ts'
import { floorsOf, type Measures } from '../evaluate/scorecard.ts'
import { patchDigest } from '../space/lattice.ts'
import { binomCdf, upperRate } from '../statistics/binomial.ts'
import { bootstrapLower, bootstrapUpper } from '../statistics/bootstrap.ts'
import { defaultStake, evidence, pEvidence } from '../statistics/evidence.ts'
import { candidateP } from '../statistics/fixed-sequence.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { pNonInferior, utilityBound } from '../statistics/non-inferiority.ts'
import type { Family } from '../statistics/paired-statistic.ts'
import { mapped, type Series, seriesOf } from '../statistics/series.ts'
import type { CaseScore } from './score.ts'
import { rateOf } from './seal.ts'

/** A checked bound over fewer families says nothing. */
export const CHECKED_FAMILIES = 100

export interface SealedScore {
  readonly change: CandidateChange
  /** One per case in panel order; a case that could not be replayed counts against the candidate. */
  readonly cases: Series<CaseScore>
}

/** What the gate knows when it scores: published facts, contract, suite, sealed panel and the commit (seeds the bounds). */
export interface GateFacts {
  readonly facts: HeldoutVersion
  readonly target: ResolvedTarget
  readonly suite: EvaluatorSuite
  readonly panel: Panel
  readonly commit: string
}

/** All guardrail rows of one scored candidate, its p-value, and what changed. */
export function certificateOf(gate: GateFacts, { change, cases }: SealedScore): Certificate {
  const measures = mapped(cases, (score) => score.measures)
  const { target, panel, facts } = gate
  const rows = [...binaryRows(gate, measures), ...utilityRow(gate, measures), ...checkedRows(gate, panel, measures)]
  const certifiedRows = rows.filter((r) => r.kind === 'certified')
  // Where a model judge scores every guardrail, nothing is certified.
  const p =
    certifiedRows.length === 0
      ? 1
      : candidateP(
          certifiedRows.map((r) => ({ p: r.p!, alpha: r.level * facts.questions })),
          facts.alpha,
        )
  const metricRow = rows.find((r) => r.guardrail === target.metric)!
  return {
    candidate_id: change.candidate_id,
    digest: patchDigest(change.patch),
    change,
    p,
    rows,
    certified: p <= facts.alpha_k,
    checked: rows.every((r) => r.kind === 'certified' || r.passed),
    heldout: scoreDelta('heldout', panel, measures, unreplayable(cases)),
    metric: {
      baseline: metricOver(target.metric, panel.baseline),
      candidate: metricOver(target.metric, measures),
      bound: metricRow.bound,
    },
    changed_runs: casesWhere(panel, (i) => cases.at(i)!.status !== 'unchanged'),
    regression_runs: casesWhere(panel, (i) => regressed(panel.baseline.at(i)!, measures.at(i)!)),
  }
}

function unreplayable(cases: Series<CaseScore>): number {
  let count = 0
  for (const { status } of cases) if (status === 'unreplayable') count++
  return count
}

/** A regression: a floor or the case's utility fell. */
function regressed(base: Measures, now: Measures): boolean {
  const fell = (floor: 'policy_violation' | 'safety_violation' | 'approval_bypass') =>
    base[floor] === false && now[floor] !== false
  return (
    fell('policy_violation') ||
    fell('safety_violation') ||
    fell('approval_bypass') ||
    (base.utility_passed === true && now.utility_passed !== true)
  )
}

function binaryRows({ target, suite, panel, facts }: GateFacts, measures: Series<Measures>): CertifiedRow[] {
  return (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name): CertifiedRow[] => {
    const declared = target.guardrails[name]
    const allowed = allowedRate(target.guardrails, name)
    if (!declared || allowed === null) return []
    const { families: N, violating: x } = violations(panel, measures, FLOORS[name])
    const level = (declared.alpha ?? facts.alpha) / facts.questions
    const dimension = name === 'approval_bypass_rate' ? 'approval' : name
    const judged = floorsOf(suite, dimension).some((e) => e.kind === 'judge')
    const v = rateOf(allowed, declared.max_violation_rate)
    const p = allowed > 0 ? binomCdf(x, N, v) : x === 0 ? (1 - v) ** N : 1
    return [
      {
        guardrail: name,
        kind: judged ? 'checked' : 'certified',
        passed: judged ? N > 0 && x <= allowed * N : p <= level,
        families: N,
        observed: N === 0 ? null : x / N,
        limit: v,
        p: judged ? null : p,
        level,
        bound: N === 0 ? null : upperRate(x, N, level),
        counts: { violations: x, families: N },
      },
    ]
  })
}

function utilityRow({ target, panel, facts }: GateFacts, measures: Series<Measures>): CertifiedRow[] {
  const declared = target.guardrails.utility_delta
  if (!declared) return []
  const { labelled: n, regressions: g, improvements: f, differences } = utilityPairs(panel, measures)
  const m = marginOf(target)
  const level = (declared.alpha ?? facts.alpha) / facts.questions
  const row = (p: number, observed: number, bound: number | null, counts: Record<string, number>): CertifiedRow[] => [
    {
      guardrail: 'utility_delta',
      kind: 'certified',
      passed: p <= level,
      families: n,
      observed,
      limit: declared.min,
      p,
      level,
      bound,
      counts,
    },
  ]
  if (n === 0) return row(1, 0, null, { labelled: 0 })
  if (declared.graded) {
    const stake = declared.stake ?? defaultStake(n, level, m)
    const money = evidence(differences, m, stake)
    return row(pEvidence(money), differences.reduce((a, b) => a + b, 0) / n, null, { labelled: n, stake })
  }
  return row(pNonInferior(n, g, f, m), (f - g) / n, utilityBound(n, g, f, level), {
    labelled: n,
    regressions: g,
    improvements: f,
  })
}

/** Bounds by the paired bootstrap over families: p95, cost, and the target metric on the good side of 0. */
export function checkedRows(
  { target, facts, commit }: Pick<GateFacts, 'target' | 'facts' | 'commit'>,
  panel: Panel,
  measures: Series<Measures>,
  draws: number = facts.families,
): CertifiedRow[] {
  const { p95_latency_delta: latency, economics_delta: economics } = target.guardrails
  const grouped = byFamily(panel)
  const row = (
    guardrail: string,
    metric: MetricName,
    limit: number,
    alpha: number,
    better: 'decrease' | 'increase',
    strict: boolean,
  ): CertifiedRow => {
    const families = pairedFamilies(panel, grouped, measures, metric, better)
    const options = {
      statistic: METRICS[metric].statistic === 'p95' ? ('p95_delta' as const) : ('mean_delta' as const),
      alpha,
      seed: bootstrapSeed(commit.slice(7), guardrail),
      draws,
    }
    const measured = isMeasured(families)
    const bound = !measured
      ? null
      : better === 'decrease'
        ? bootstrapUpper(families, options)
        : bootstrapLower(families, options)
    const holds = bound !== null && (strict ? (better === 'decrease' ? bound < limit : bound > limit) : bound <= limit)
    const after = metricOver(metric, measures)
    const before = metricOver(metric, panel.baseline)
    return {
      guardrail,
      kind: 'checked',
      passed: holds && draws >= CHECKED_FAMILIES,
      families: families.length,
      observed: after === null || before === null ? null : after - before,
      limit,
      p: null,
      level: alpha,
      bound: bound === null || !Number.isFinite(bound) ? null : bound,
      counts: {},
    }
  }
  return [
    ...(latency
      ? [row('p95_latency_delta', 'p95_latency_ms', latency.max_ms, latency.alpha ?? DEFAULT_ALPHA, 'decrease', false)]
      : []),
    ...(economics
      ? [
          row(
            'economics_delta',
            'economics_cents_per_decision',
            economics.max_cents,
            economics.alpha ?? DEFAULT_ALPHA,
            'decrease',
            false,
          ),
        ]
      : []),
    row(target.metric, target.metric, 0, DEFAULT_ALPHA, target.direction, true),
  ]
}

function isMeasured(families: Series<Family>): boolean {
  for (const family of families) if (family.some((c) => c.base.count > 0)) return true
  return false
}

/** Both arms of every case by family; a measurement that is missing is infinitely bad for the candidate. */
function pairedFamilies(
  panel: Panel,
  { order, first }: ReturnType<typeof byFamily>,
  measures: Series<Measures>,
  metric: MetricName,
  better: 'decrease' | 'increase',
): Series<Family> {
  const worst = { sum: better === 'decrease' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY, count: 1 }
  return seriesOf(panel.families, (family) =>
    Array.from(order.subarray(first[family], first[family + 1]), (i) => {
      const base = metricPart(metric, panel.baseline.at(i)!)
      const cand = base === null ? null : metricPart(metric, measures.at(i)!)
      return { base: base ?? { sum: 0, count: 1 }, cand: cand ?? worst }
    }),
  )
}
