/** Builds the typed proposal of a run: the article's JSON field for field, and what a reviewer needs beside it. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Certificate, LedgerItem } from '#schemas/heldout.ts'
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { droppedOf } from '../experience/trace-selection.ts'
import { excludedFamilies } from '../gate/floor-tallies.ts'
import { agreementOf } from '../gate/label-wording.ts'
import { ledgerLine } from '../gate/ledger.ts'
import { certificateWording } from '../gate/wording.ts'
import { predictionWords, signed } from '../search/predictions.ts'
import { reachLine } from '../space/scopes.ts'

export interface ProposalInput {
  readonly run: AutotuneRun
  readonly target: ResolvedTarget
  readonly winner: CandidateScore
  readonly certificate: Certificate
  /** Ledger item after the answer. */
  readonly ledger: LedgerItem
  readonly excluded: Readonly<Record<string, number>>
  /** What is said of the records: the traced share, what is ignored, which tokens are estimates. */
  readonly records?: readonly string[]
  readonly computedFrom: Readonly<Record<string, string>>
}

/** A proposal in status `proposed`. Proposal-only: nothing from here writes a pack or a release. */
export function buildProposal({
  run,
  target,
  winner,
  certificate,
  ledger,
  excluded,
  records = [],
  computedFrom,
}: ProposalInput): TuningProposal {
  const { heldout, metric } = certificate
  const gain = metric.candidate === null || metric.baseline === null ? null : metric.candidate - metric.baseline
  const excludedCount = Object.values(excluded).reduce((a, b) => a + b, 0)
  const leftOut = excludedFamilies(ledger)
  const measured = (dimension: 'latency' | 'economics', value: number | null) =>
    dimension in target.not_measured ? null : value
  const observed_delta = {
    utility: heldout.utility,
    p95_latency_ms: measured('latency', heldout.p95_latency_ms),
    economics_cents: measured('economics', heldout.economics_cents),
    policy_violations: heldout.policy_violations,
    safety_violations: heldout.safety_violations,
    approval_bypasses: 'approval' in target.not_measured ? null : heldout.approval_bypasses,
    [metricOf(target.metric).delta_key]: gain,
  }
  return {
    tuning_proposal_id: `${run.run_id}_01`,
    status: 'proposed',
    target: { intent: target.intent, metric: target.metric, direction: target.direction },
    candidate_change: { layer: winner.layer, target_pack: run.pack.pack, patch: winner.patch, ...ruleOf(winner) },
    replay: {
      search_set: run.search_set.ref,
      heldout_test_set: `goldens/${target.intent}/test@${ledger.version.slice(7, 19)}`,
      evaluation_run_id: `eval_${ledger.history.at(-1)!.commit.slice(7, 19)}`,
      baseline_tuple: `release.${target.intent}.${digestOf(target.baseline_tuple).slice(7, 19)}`,
    },
    observed_delta,
    guardrails: { passed: true, regression_runs: certificate.regression_runs },
    release_path: target.release_path,
    owner: target.owner,
    rationale: winner.rationale,
    certificate: certificate.rows,
    search_guardrails: winner.guardrails,
    not_measured: { ...target.not_measured },
    ledger: {
      version: ledger.version,
      question: ledger.used,
      of: ledger.questions,
      alpha: ledger.alpha,
      spent: Number((ledger.used * ledger.alpha_k).toPrecision(6)),
      retired: ledger.retired ?? 'live',
      line: ledgerLine(ledger),
    },
    blast_radius: winner.blast_radius!,
    wording: [
      ...certificateWording(certificate, ledger, winner.blast_radius!, target, run.exposure_rules ?? 1),
      ...(winner.applies_to
        ? [
            `${'scope'.padEnd(13)} only the cases of its condition: ${reachLine(winner.applies_to)}; all others keep their settings`,
          ]
        : []),
      ...(winner.prediction
        ? [
            `${'predicted'.padEnd(13)} by ${winner.origin ?? 'whoever proposed it'}: ${predictionWords(winner.prediction, winner.happened, heldOut(winner.prediction.metric, observed_delta))}`,
          ]
        : []),
      ...records.map((line, i) => `${(i === 0 ? 'records' : '').padEnd(13)} ${line}`),
    ],
    excluded_cases: {
      search: { ...excluded },
      share: excludedCount / Math.max(1, run.search_set.cases),
      heldout: { families: leftOut.some, share: leftOut.some / Math.max(1, ledger.families + leftOut.all) },
      ...(run.traces && { traces: droppedOf(run.traces) }),
    },
    ...(ledger.labels && { labels: { ...ledger.labels, judge: agreementOf(ledger) } }),
    computed_from: { ...computedFrom },
  }
}

/** What the sealed set said of a metric, behind what the search set did. */
function heldOut(metric: MetricName, delta: TuningProposal['observed_delta']): string {
  const { unit, delta_key } = metricOf(metric)
  const by = delta[delta_key] ?? null
  return by === null ? '' : `, the held-out set ${signed(by)} ${unit}`
}

/** Of a change that a StrategyRule makes, that was predicted, or that is for some cases alone: whose it is, what was said, and how many families it reaches. */
const ruleOf = ({ origin, strategy_rule, prediction, happened, applies_to }: CandidateScore) => ({
  ...((strategy_rule || prediction) && origin !== undefined && { origin }),
  ...(strategy_rule && { strategy_rule }),
  ...(prediction && { prediction }),
  ...(happened && { happened }),
  ...(applies_to && { applies_to }),
})

type Status = TuningProposal['status']

export const AFTER_START = {
  running: 'approved',
  paused: 'approved',
  released: 'released',
  kept: 'released',
  rolled_back: 'rolled_back',
  stopped: 'rolled_back',
  superseded: 'superseded',
  retired: 'retired',
} as const satisfies Record<Rollout['status'], Status>

/** Status of a proposal; the rollout, where there is one, says more than the review. */
export function proposalStatus(review: Review | null, rollout: Rollout | null): Status {
  if (rollout) return AFTER_START[rollout.status]
  if (!review) return 'proposed'
  return review.status === 'open' ? 'in_review' : review.status
}
