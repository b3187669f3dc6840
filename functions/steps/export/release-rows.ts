/** Rows of releases: rollouts, who gets the candidate when, their transitions, and production runs by arm. */
import { canonical } from '#core/canonical.ts'
import type { ExportRow } from '#schemas/export-tables.ts'
import type { ProductionRun, PromotionRecord, Rollout } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import type { Store } from '../../ports.ts'
import { streamProduction } from '../release/production.ts'
import { listRollouts } from '../release/rollouts.ts'
import { dayOf } from './day.ts'

/** Throws UserError where a production log was changed. */
export async function* releaseRows(store: Store): AsyncGenerator<ExportRow> {
  for (const { rollout } of await listRollouts(store)) {
    const { rollout_id, intent, records } = rollout
    const began = records[0]!.at
    yield { table: 'releases', day: dayOf(began), intent, values: releaseValues(rollout, began) }
    for (const stage of STAGES) {
      const { cohort, dwell_hours, deadline_hours, min_runs } = rollout.config.stages[stage]
      const { share, shadow_share, where } = cohort
      yield {
        table: 'stages',
        day: dayOf(began),
        intent,
        values: {
          ...{ rollout_id, stage, share, shadow_share, condition: where && canonical(where) },
          ...{ dwell_hours, deadline_hours, min_runs },
        },
      }
    }
    for (const record of records)
      yield { table: 'promotions', day: dayOf(record.at), intent, values: promotionValues(record) }
    for await (const run of streamProduction(store, rollout_id))
      yield { table: 'production', day: dayOf(run.started_at ?? began), intent, values: productionValues(run) }
  }
}

const people = (approver: PromotionRecord['approver']): string =>
  approver.map(({ role, reviewer }) => `${role} ${reviewer}`).join(', ')

const releaseValues = ({ candidate, baseline, rollback_replay, ...rollout }: Rollout, started_at: string) => ({
  rollout_id: rollout.rollout_id,
  tuning_proposal_id: rollout.tuning_proposal_id,
  review_id: rollout.review_id,
  candidate_tuple: candidate.release_tuple_id,
  rollback_target: baseline.release_tuple_id,
  risk_class: rollout.risk_class,
  status: rollout.status,
  stage: rollout.stage,
  started_at,
  last_at: rollout.records.at(-1)!.at,
  approved_by: people(rollout.approver),
  rollback_cases: rollback_replay.cases,
  rollback_reproduced: rollback_replay.reproduced,
})

const promotionValues = ({ by, approver, reasons, ...record }: PromotionRecord) => ({
  rollout_id: record.rollout_id,
  seq: record.seq,
  promotion_id: record.promotion_id,
  tuning_proposal_id: record.tuning_proposal_id,
  from_stage: record.from_stage,
  to_stage: record.to_stage,
  verdict: record.verdict,
  decided_by: by,
  moved_at: record.at,
  approved_by: people(approver),
  rollback_target: record.rollback_target,
  thresholds: record.thresholds,
  not_good:
    reasons
      .filter(({ verdict }) => verdict === 'bad' || verdict === 'missing')
      .map(({ rule, verdict, observed, limit, note }) => `${rule} ${verdict}: ${observed} of ${limit}; ${note}`)
      .join('\n') || null,
  previous: record.previous,
})

const productionValues = ({ measures, attributes, ...run }: ProductionRun) => ({
  rollout_id: run.rollout_id,
  run_id: run.run_id,
  arm: run.arm,
  period: run.period,
  release_tuple_id: run.release_tuple_id,
  subject: run.subject,
  compared: run.compared,
  pair: run.pair,
  attributes: attributes === undefined ? null : canonical(attributes),
  started_at: run.started_at ?? null,
  outcome_at: run.outcome_at ?? null,
  utility_passed: measures.utility_passed,
  utility_score: measures.utility_score,
  policy_violation: measures.policy_violation,
  safety_violation: measures.safety_violation,
  approval_bypass: measures.approval_bypass,
  latency_ms: measures.latency_ms,
  economics_cents: measures.economics_cents,
  operator_corrected: measures.operator_corrected,
  escalated: measures.escalated,
  own_score: measures.own_score ?? null,
  own_scores: measures.own_scores === undefined ? null : canonical(measures.own_scores),
})
