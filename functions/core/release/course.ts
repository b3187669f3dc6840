/**
 * The course of a rollout: what its production log showed, look by look, in each stage and in the window. For people: nothing is
 * decided by it, and every number that a verdict stands on is the one that the verdict had.
 */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { type Badness, compareRuns, type Onlooker } from './comparisons.ts'
import { type Look, runsIn, testedIn } from './look.ts'
import { evidenceOf } from './period-rows.ts'
import { type RiseBounds, RiseSequence } from './rise-bounds.ts'
import { badnessOf, cutCost, type GateMeasure, gatedBy, harmRules, limitIn } from './stage-data.ts'
import { compareSubjects } from './subject-comparisons.ts'

/** A measure of both arms as one look at a period found it. */
export interface CoursePoint {
  /** Subjects of each arm that were compared, and measured, so far in the period. */
  readonly subjects: Readonly<Record<Arm, number>>
  /** Candidate minus baseline, more is worse: shares and scores as parts of 1, cost in cents; null: an arm has none yet. */
  readonly observed: number | null
  /** Bounds of the true rise; null: no bound holds without a largest value, and of a cost none is declared. */
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

/** The course of a rollout by a look at its log. Runs of other rollouts, and those that ran another tuple than their arm's, are not looked at. */
export function courseOf(rollout: Rollout, look: Look): Course {
  const periods = PERIODS.filter((period) => look.usable.some((run) => run.period === period))
  const level = rollout.config.false_rollback_rate
  const measures = gatedBy(rollout.config).map((measure): MeasureCourse => {
    const badness: Badness = (run) => badnessOf(measure, run, rollout.config)
    const bounded = boundsOf(rollout, measure, badness)
    return {
      measure,
      periods: periods.map((period) => ({
        period,
        limit: limitIn(gateOf(rollout, period), measure),
        points: pointsOf(rollout, look, period, badness, bounded),
      })),
    }
  })
  return {
    level,
    periods,
    measures: measures.filter((m) => m.periods.some((p) => p.points.length > 0)),
    evidence: courseOfEvidence(rollout, look, periods),
  }
}

/** A measure whose rise has bounds, as a part of the most that it can be. */
interface Bounded {
  readonly badness: Badness
  /** That most, in the unit of the measure. */
  readonly most: number
}

/** Null: a cost, of which no largest value is declared. */
function boundsOf({ config }: Rollout, measure: GateMeasure, badness: Badness): Bounded | null {
  if (measure !== 'economics_cents') return { badness, most: 1 }
  const most = config.economics?.max_cents
  return most === undefined ? null : { badness: cutCost(most), most }
}

/** What a period tolerates. */
const gateOf = ({ config }: Rollout, period: Period) =>
  period === 'window' ? config.window.gate : config.stages[period].gate

/** A run, or a subject, as it is compared, and its runs that count and are measured. */
interface Step<T> {
  readonly of: T
  readonly runs: readonly ProductionRun[]
}

/** A measure in one period, at most `LOOKS` times. */
function pointsOf(
  { config }: Rollout,
  look: Look,
  period: Period,
  badness: Badness,
  bounded: Bounded | null,
): readonly CoursePoint[] {
  const sequence = bounded === null ? null : new RiseSequence(config.false_rollback_rate)
  const part = PERIODS.indexOf(period)
  const onlooker: Onlooker = {
    rise: (of, rise) => {
      if (of === part) sequence?.add(rise)
    },
    counted: () => false,
  }
  const points: CoursePoint[] = []
  const inOrder = <T>(steps: readonly Step<T>[]) =>
    toldStepByStep(steps, badness, () => boundsNow(sequence, bounded), points)
  const measure = bounded?.badness ?? (() => null)
  const isMeasured = (run: ProductionRun): boolean => badness(run) !== null
  if (look.subjects === null) {
    const counting = new Set(look.runs(period).filter(isMeasured))
    const runs = look.usable.filter((run) => run.period === period)
    compareRuns(inOrder(runs.map((of) => ({ of, runs: counting.has(of) ? [of] : [] }))), measure, onlooker)
  } else {
    const tested = testedIn(look.subjects, period).map((of) => ({ of, runs: runsIn(of.known).filter(isMeasured) }))
    compareSubjects(inOrder(tested), measure, config.subjects!.max_runs, onlooker)
  }
  return points
}

const boundsNow = (sequence: RiseSequence | null, bounded: Bounded | null): RiseBounds | null => {
  if (sequence === null || bounded === null) return null
  const { lower, upper } = sequence.bounds()
  return { lower: lower * bounded.most, upper: upper * bounded.most }
}

/** Hands on what is compared, and keeps a point whenever enough of it was: by then its comparisons were told. */
function* toldStepByStep<T>(
  steps: readonly Step<T>[],
  badness: Badness,
  bounds: () => RiseBounds | null,
  points: CoursePoint[],
): Generator<T> {
  const saying = steps.filter(({ runs }) => runs.length > 0).length
  const every = Math.max(1, Math.ceil(saying / LOOKS))
  const [sum, count, subjects] = [noneYet(), noneYet(), noneYet()]
  const mean = (arm: Arm): number => sum[arm] / count[arm]
  let seen = 0
  for (const { of, runs } of steps) {
    yield of
    if (runs.length === 0) continue
    for (const arm of new Set(runs.map((run) => run.arm))) subjects[arm]++
    for (const run of runs) {
      sum[run.arm] += badness(run)!
      count[run.arm]++
    }
    seen++
    if (seen % every !== 0 && seen !== saying) continue
    const both = count.baseline > 0 && count.candidate > 0
    points.push({
      subjects: { ...subjects },
      observed: both ? mean('candidate') - mean('baseline') : null,
      bounds: bounds(),
    })
  }
}

const noneYet = (): Record<Arm, number> => ({ baseline: 0, candidate: 0 })

function courseOfEvidence(rollout: Rollout, look: Look, periods: readonly Period[]): readonly EvidenceCourse[] {
  const rules = harmRules(rollout.config)
  const level = rollout.config.false_rollback_rate / rules.length
  return rules.map((rule) => {
    const money = new Map<Period, number[]>(periods.map((period) => [period, []]))
    let period = periods[0]!
    const { evidence } = evidenceOf(rollout, look, rule, level, (of, now) => {
      // What came late is told of where the log then stood.
      if (PERIODS.indexOf(of.period) > PERIODS.indexOf(period)) period = of.period
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
