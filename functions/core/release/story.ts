/** The story of a rollout, as one value for its page, its terminal and programs: what was promised, what production showed, what failed. */
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { type Course, courseOf } from './course.ts'
import { type Failure, failuresOf } from './failures.ts'
import { type Look, lookAt } from './look.ts'
import { gainOf, type ObservedGain, type ReleaseVerdict } from './monitor.ts'
import type { StageVerdict } from './stage-verdict.ts'
import { isActive } from './status.ts'

/** What the change was for, in the unit of the window's metric; above 0 is better everywhere. */
export interface Gains {
  readonly metric: MetricName
  readonly direction: 'decrease' | 'increase'
  /** Of the held-out set; null: nothing was measured there, or the proposal was for another metric. */
  readonly promised: number | null
  /** Least gain that its certificate vouches for; null: none. */
  readonly bound: number | null
  /** Of its proposer, before anything was replayed; null: none said a figure of this metric. */
  readonly said: { readonly by: number; readonly origin: string } | null
  /** Least gain for which the release is kept. */
  readonly declared: number
  readonly observed: readonly ({ readonly period: Period } & ObservedGain)[]
}

export interface RolloutStory {
  readonly rollout: Rollout
  /** Verdict on the stage or window as the data stands; null: the rollout has ended. */
  readonly latest: StageVerdict | ReleaseVerdict | null
  /** Path to `{from, to}`; null: the proposal is not there any more. */
  readonly patch: TuningProposal['candidate_change']['patch'] | null
  /** What is wrong with the production log; null: nothing, and all below follows from it. */
  readonly damaged: string | null
  readonly course: Course | null
  readonly gains: Gains | null
  /** Behind a rollback, or behind a verdict that is about to be one. */
  readonly failures: readonly Failure[]
}

/**
 * @param log in its order, or what is wrong with it
 * @param now the moment at which it is told; null: what the log itself shows. One that has ended is told as it ended
 */
export function storyOf(
  rollout: Rollout,
  latest: RolloutStory['latest'],
  log: { readonly runs: readonly ProductionRun[] } | { readonly damaged: string },
  proposal: TuningProposal | null,
  now: string | null = null,
): RolloutStory {
  const base = { rollout, latest, patch: proposal?.candidate_change.patch ?? null }
  if ('damaged' in log) return { ...base, damaged: log.damaged, course: null, gains: null, failures: [] }
  const moment = isActive(rollout.status) || rollout.status === 'released' ? now : rollout.records.at(-1)!.at
  const look = lookAt(rollout, log.runs, moment)
  const course = courseOf(rollout, look)
  const harm = harmOf(rollout, latest)
  return {
    ...base,
    damaged: null,
    course,
    gains: gainsOf(rollout, look, course.periods, proposal),
    failures: harm === null ? [] : failuresOf(rollout, look, harm.rows, harm.period),
  }
}

/** Rows that show harm, and where the rollout stood; null: none did. */
function harmOf(
  rollout: Rollout,
  latest: RolloutStory['latest'],
): { readonly rows: readonly StageRow[]; readonly period: Period } | null {
  const last = rollout.records.at(-1)!
  if (rollout.status === 'rolled_back') return { rows: last.reasons, period: last.from_stage ?? 'window' }
  if (latest?.verdict !== 'roll_back') return null
  return { rows: latest.reasons, period: isActive(rollout.status) ? rollout.stage : 'window' }
}

/** What its proposer said of a metric beforehand, above 0 is better. */
function saidOf(
  proposal: TuningProposal | null,
  metric: MetricName,
  better: (delta: number | null | undefined) => number | null,
): Gains['said'] {
  const { prediction, origin } = proposal?.candidate_change ?? {}
  const by = prediction?.metric === metric ? better(prediction.by) : null
  return by === null ? null : { by, origin: origin ?? 'hand_written' }
}

export function gainsOf(
  rollout: Rollout,
  look: Look,
  periods: readonly Period[],
  proposal: TuningProposal | null,
): Gains {
  const { metric, direction, min_gain } = rollout.config.window
  const better = (delta: number | null | undefined): number | null =>
    delta === null || delta === undefined ? null : direction === 'decrease' ? 0 - delta : delta
  const promise = proposal !== null && proposal.target.metric === metric ? proposal : null
  return {
    metric,
    direction,
    promised: better(promise?.observed_delta[metricOf(metric).delta_key]),
    said: saidOf(proposal, metric, better),
    bound: better(promise?.certificate.find((row) => row.guardrail === metric)?.bound),
    declared: min_gain,
    observed: periods.flatMap((period) => {
      const seen = gainOf(rollout, look.shown(period))
      return seen === null ? [] : [{ period, ...seen }]
    }),
  }
}
