/**
 * The course of a rollout: what its production log showed, look by look, in each stage and in the window. For people: nothing is
 * decided by it, and every number that a verdict stands on is the one that the verdict had.
 */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { type Badness, compareRuns } from './comparisons.ts'
import { harmEvidence } from './harm-evidence.ts'
import { type RiseBounds, RiseSequence } from './rise-bounds.ts'
import { badnessOf, firstOfSubjects, GATE_MEASURES, type GateMeasure, harmRules, usableRuns } from './stage-data.ts'

/** A measure of both arms as one look at a period found it. */
export interface CoursePoint {
  /** Subjects of each arm that were compared, and measured, so far in the period. */
  readonly subjects: Readonly<Record<Arm, number>>
  /** Candidate minus baseline, more is worse: shares and scores as parts of 1, cost in cents; null: an arm has none yet. */
  readonly observed: number | null
  /** Bounds of the true rise; null: a cost has no largest value, and no bound holds without one. */
  readonly bounds: RiseBounds | null
}

/** A measure in one period. */
export interface PeriodCourse {
  readonly period: Period
  /** Largest rise at which the period's gate holds; null: this measure does not gate there. */
  readonly limit: number | null
  /** The first is the first look, the last is how the period stands; none: nothing was measured. */
  readonly points: readonly CoursePoint[]
}

export interface MeasureCourse {
  readonly measure: GateMeasure
  readonly periods: readonly PeriodCourse[]
}

/** Evidence of harm over the whole log. */
export interface EvidenceCourse {
  /** As its rule is named: `utility`, `latency`. */
  readonly rule: string
  /** Rise that is tolerated, as a part of 1. */
  readonly tolerated: number
  /** At this much the rollout goes back. */
  readonly limit: number
  /** Largest that was ever reached. */
  readonly largest: number
  /** `at`: how far the runs of the period had come, in (0, 1]. */
  readonly points: readonly { readonly period: Period; readonly at: number; readonly evidence: number }[]
}

export interface Course {
  /** Chance that the bounds of a measure ever leave out the true rise of a period. */
  readonly level: number
  /** Periods that have runs, in order. */
  readonly periods: readonly Period[]
  readonly measures: readonly MeasureCourse[]
  readonly evidence: readonly EvidenceCourse[]
}

/** Looks at a period that are kept. */
const LOOKS = 24

/** The course of a rollout by its log. Runs of other rollouts, and those that ran another tuple than their arm's, are not looked at. */
export function courseOf(rollout: Rollout, log: readonly ProductionRun[]): Course {
  const runs = usableRuns(rollout, log)
  const periods = PERIODS.filter((period) => runs.some((run) => run.period === period))
  const ofPeriod = new Map(periods.map((period) => [period, runs.filter((run) => run.period === period)]))
  const level = rollout.config.false_rollback_rate
  const measures = GATE_MEASURES.map((measure): MeasureCourse => {
    const badness: Badness = (run) => badnessOf(measure, run, rollout.config)
    const looks = measure === 'economics_cents' ? null : level
    return {
      measure,
      periods: periods.map((period) => ({
        period,
        limit: gateOf(rollout, period)[measure],
        points: pointsOf(ofPeriod.get(period)!, period, badness, looks),
      })),
    }
  })
  return {
    level,
    periods,
    measures: measures.filter((m) => m.periods.some((p) => p.points.length > 0)),
    evidence: evidenceOf(rollout, runs, periods),
  }
}

/** What a period tolerates. */
const gateOf = ({ config }: Rollout, period: Period) =>
  period === 'window' ? config.window.gate : config.stages[period].gate

/**
 * A measure in one period.
 * @param runs of the period, in log order
 * @param level of its bounds; null: none hold
 */
function pointsOf(
  runs: readonly ProductionRun[],
  period: Period,
  badness: Badness,
  level: number | null,
): readonly CoursePoint[] {
  const counts = new Set(firstOfSubjects(runs, period).filter((run) => badness(run) !== null))
  const every = Math.max(1, Math.ceil(counts.size / LOOKS))
  const part = PERIODS.indexOf(period)
  const sequence = level === null ? null : new RiseSequence(level)
  const [sum, subjects] = [
    { baseline: 0, candidate: 0 },
    { baseline: 0, candidate: 0 },
  ]
  const points: CoursePoint[] = []
  const mean = (arm: Arm): number => sum[arm] / subjects[arm]
  const look = () => {
    const both = subjects.baseline > 0 && subjects.candidate > 0
    points.push({
      subjects: { ...subjects },
      observed: both ? mean('candidate') - mean('baseline') : null,
      bounds: sequence?.bounds() ?? null,
    })
  }
  let seen = 0
  /** A run is looked at once its comparisons were told. */
  function* inOrder(): Generator<ProductionRun> {
    for (const run of runs) {
      yield run
      if (!counts.has(run)) continue
      sum[run.arm] += badness(run)!
      subjects[run.arm]++
      seen++
      if (seen % every === 0 || seen === counts.size) look()
    }
  }
  if (sequence === null) for (const _ of inOrder());
  else
    compareRuns(inOrder(), badness, {
      rise: (of, rise) => {
        if (of === part) sequence.add(rise)
      },
      counted: () => false,
    })
  return points
}

function evidenceOf(
  rollout: Rollout,
  runs: readonly ProductionRun[],
  periods: readonly Period[],
): readonly EvidenceCourse[] {
  const rules = harmRules(rollout.config)
  const level = rollout.config.false_rollback_rate / rules.length
  return rules.map((rule) => {
    const money = new Map<Period, number[]>(periods.map((period) => [period, []]))
    let period = periods[0]!
    const { evidence } = harmEvidence(runs, rule, level, (run, now) => {
      // A run that came late is told of where the log then stood.
      if (PERIODS.indexOf(run.period) > PERIODS.indexOf(period)) period = run.period
      money.get(period)!.push(now)
    })
    return {
      rule: rule.name,
      tolerated: rule.tolerated,
      limit: 1 / level,
      largest: evidence,
      points: periods.flatMap((at) => thinned(at, money.get(at)!)),
    }
  })
}

const thinned = (period: Period, money: readonly number[]): EvidenceCourse['points'] => {
  const every = Math.max(1, Math.ceil(money.length / LOOKS))
  return money.flatMap((evidence, i) =>
    (i + 1) % every === 0 || i === money.length - 1 ? [{ period, at: (i + 1) / money.length, evidence }] : [],
  )
}
