/** After the release: production of both arms over the declared window, and what becomes of the change. */
import { isOwnMetric, metricOf } from '#schemas/metrics.ts'
import type { Arm, ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import { metricPart } from '../evaluate/metric.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'
import { type Look, lookAt } from './look.ts'
import { periodRows } from './period-rows.ts'
import { declaredScore } from './stage-data.ts'

/**
 * - `roll_back`: a floor broke or harm was shown, at once.
 * - `supersede`: a newer release of the intent took over.
 * - `keep`: the window is over, everything holds, the metric gained at least what was declared.
 * - `retire`: the window is over without harm, but the gain is not there or a bound does not hold: an orderly way back,
 *   because a change that gains nothing is risk for nothing.
 * - `pending`: the window is open, or data is missing. Never kept and never taken back on data that is not there.
 */
export type ReleaseVerdict = {
  readonly rollout_id: string
  readonly revision: number
  readonly rows: readonly StageRow[]
} & (
  | { readonly verdict: 'keep' | 'roll_back' | 'supersede' | 'retire'; readonly reasons: readonly StageRow[] }
  | { readonly verdict: 'pending'; readonly until: string; readonly reasons: readonly StageRow[] }
)

interface ReleaseEvidence {
  readonly rollout: Rollout
  readonly runs: readonly ProductionRun[]
  readonly now: string
  /** The tuple that replaced this one as the intent's release; null while none did. */
  readonly successor: string | null
}

/**
 * The verdict on a released rollout.
 * @throws RangeError for a rollout that is not in its window
 */
export function monitorRelease({ rollout, runs, now, successor }: ReleaseEvidence): ReleaseVerdict {
  if (rollout.status !== 'released')
    throw new RangeError(`rollout ${rollout.rollout_id} is not in its window: ${rollout.status}`)
  const { window } = rollout.config
  const look = lookAt(rollout, runs, now)
  const rules = { period: 'window', min_runs: window.min_runs, gate: window.gate } as const
  const rows = [...periodRows(rollout, runs, look, rules), gainRow(rollout, look)]
  const base = { rollout_id: rollout.rollout_id, revision: rollout.revision, rows }

  const harm = rows.filter((r) => r.verdict === 'bad' && (r.kind === 'floor' || r.kind === 'sequential'))
  if (harm.length > 0) return { ...base, verdict: 'roll_back', reasons: harm }
  if (successor !== null) return { ...base, verdict: 'supersede', reasons: [successorRow(successor)] }

  const missing = rows.filter((r) => r.verdict === 'missing')
  if (now < rollout.deadline || missing.length > 0)
    return { ...base, verdict: 'pending', until: rollout.deadline, reasons: missing }

  const short = rows.filter((r) => r.verdict === 'bad')
  return short.length > 0
    ? { ...base, verdict: 'retire', reasons: short }
    : { ...base, verdict: 'keep', reasons: rows.filter((r) => r.verdict === 'good') }
}

const successorRow = (successor: string): StageRow => ({
  rule: 'successor',
  kind: 'data',
  verdict: 'good',
  observed: null,
  limit: null,
  note: `${successor} replaced it`,
})

/** What the change was for: the target's metric in production, as gain of the candidate over the baseline. */
function gainRow(rollout: Rollout, look: Look): StageRow {
  const { metric, min_gain } = rollout.config.window
  const seen = gainOf(rollout, look.runs('window'))
  const row = { rule: `gain.${metric}`, kind: 'gain' as const, limit: min_gain }
  if (seen === null) return { ...row, verdict: 'missing', observed: null, note: `${metric} is not there for both arms` }
  const { baseline, candidate, gain } = seen
  const shown = (value: number): number => Number(value.toPrecision(6))
  return {
    ...row,
    verdict: isAtLeast(gain, min_gain, 1e-12) ? 'good' : 'bad',
    observed: shown(gain),
    note: `${shown(baseline)} to ${shown(candidate)} ${metricOf(metric).unit}, a gain of ${shown(gain)} against ${min_gain} declared`,
  }
}

/** What a change gained in a period, in the unit of the metric; above 0 is better. */
export interface ObservedGain {
  readonly baseline: number
  readonly candidate: number
  readonly gain: number
}

/** The window's metric over some runs; null: not there for both arms. */
export function gainOf(rollout: Rollout, runs: readonly ProductionRun[]): ObservedGain | null {
  const { direction } = rollout.config.window
  const [candidate, baseline] = [metricOfArm(rollout, runs, 'candidate'), metricOfArm(rollout, runs, 'baseline')]
  if (candidate === null || baseline === null) return null
  return { baseline, candidate, gain: direction === 'decrease' ? baseline - candidate : candidate - baseline }
}

/** The window's metric of one arm over the runs that measured it; null when none did. */
function metricOfArm({ config }: Rollout, runs: readonly ProductionRun[], arm: Arm): number | null {
  const { metric } = config.window
  const partOf = (run: ProductionRun) =>
    isOwnMetric(metric) && declaredScore(metric, run, config) === null ? null : metricPart(metric, run.measures)
  const parts = runs.flatMap((run) => {
    const part = run.arm === arm ? partOf(run) : null
    return part === null || part.count === 0 ? [] : [part]
  })
  if (parts.length === 0) return null
  const { statistic } = metricOf(metric)
  if (statistic === 'mean') return parts.reduce((a, p) => a + p.sum, 0) / parts.reduce((a, p) => a + p.count, 0)
  return quantileHigher(
    parts.map((p) => p.sum),
    statistic === 'p95' ? 0.95 : 0.5,
  )
}
