/**
 * The verdict on a stage: advance, wait, pause or roll back. A broken floor or shown harm rolls back at once; what is
 * missing, out of bounds or overdue pauses and is named; nothing is ever decided on data that is not there.
 */

import type { ProductionRun, Rollout, Stage, StageRow } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { hoursBetween, instantAfter } from '../instant.ts'
import { lookAt } from './look.ts'
import { periodRows } from './period-rows.ts'
import { needsLowRiskCohort } from './routing.ts'
import { isActive } from './status.ts'

/** A verdict names the revision it was reached on; applied to any other it is refused. */
export type StageVerdict = {
  readonly rollout_id: string
  readonly revision: number
  readonly stage: Stage
  /** Every rule, always all of them. */
  readonly rows: readonly StageRow[]
} & (
  | { readonly verdict: 'advance'; readonly reasons: readonly StageRow[] }
  | { readonly verdict: 'wait'; readonly until: string }
  /** What is missing, out of bounds or overdue. */
  | { readonly verdict: 'pause'; readonly reasons: readonly StageRow[] }
  | { readonly verdict: 'roll_back'; readonly reasons: readonly StageRow[] }
)

interface StageEvidence {
  readonly rollout: Rollout
  /** The append-only log of scored production runs; other intents and rollouts in it are skipped. */
  readonly runs: readonly ProductionRun[]
  readonly now: string
}

/**
 * Evaluates the stage a rollout stands in. Pure: the same rollout, log and moment give the same verdict, and a longer log
 * never takes a rollback back.
 * @throws RangeError for a rollout that is in no stage any more
 */
export function evaluateStage({ rollout, runs, now }: StageEvidence): StageVerdict {
  if (!isActive(rollout.status)) throw new RangeError(`rollout ${rollout.rollout_id} is in no stage: ${rollout.status}`)
  const { stage, revision, rollout_id } = rollout
  const config = rollout.config.stages[stage]
  const checked = periodRows(rollout, runs, lookAt(rollout, runs, now), {
    period: stage,
    min_runs: config.min_runs,
    gate: config.gate,
  })
  const rows = [...checked, cohortRow(rollout), deadlineRow(rollout, now)]
  const base = { rollout_id, revision, stage, rows }

  const harm = rows.filter((r) => r.verdict === 'bad' && (r.kind === 'floor' || r.kind === 'sequential'))
  if (harm.length > 0) return { ...base, verdict: 'roll_back', reasons: harm }

  // Harm that is not believed yet is for people to see at once: it never waits for the dwell to be over.
  const standing = rows.filter(
    (r) =>
      (r.verdict !== 'good' && (r.kind === 'cohort' || r.kind === 'time')) ||
      (r.verdict === 'missing' && r.kind === 'sequential'),
  )
  if (standing.length > 0) return { ...base, verdict: 'pause', reasons: standing }

  const until = instantAfter(rollout.entered_at, config.dwell_hours)
  if (now < until) return { ...base, verdict: 'wait', until }

  const short = rows.filter((r) => r.verdict === 'missing' || r.verdict === 'bad')
  return short.length > 0
    ? { ...base, verdict: 'pause', reasons: short }
    : { ...base, verdict: 'advance', reasons: rows.filter((r) => r.verdict === 'good') }
}

function cohortRow(rollout: Rollout): StageRow {
  const missing = STAGES.indexOf(rollout.stage) >= STAGES.indexOf('5%_low_risk') && needsLowRiskCohort(rollout)
  return {
    rule: 'cohort.low_risk',
    kind: 'cohort',
    verdict: missing ? 'missing' : 'good',
    observed: null,
    limit: null,
    note: missing
      ? `a ${rollout.risk_class} intent needs a declared cohort here: name the attributes that make a subject low risk, and start a new rollout`
      : 'the cohort is declared, or the intent needs none',
  }
}

function deadlineRow({ stage, entered_at, deadline }: Rollout, now: string): StageRow {
  const over = now >= deadline
  return {
    rule: 'deadline',
    kind: 'time',
    verdict: over ? 'missing' : 'good',
    observed: hoursBetween(entered_at, now),
    limit: hoursBetween(entered_at, deadline),
    note: over ? `${stage} was not decided by ${deadline}: a person must resume or stop it` : `open until ${deadline}`,
  }
}
