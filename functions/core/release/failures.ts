/** What went wrong where harm was shown: how bad, in which stage, for whom, and in which runs. Counts of the log, no inference. */
import type { Arm, ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import type { Look } from './look.ts'
import { badnessOf, FLOORS, type Floor, type GateMeasure, harmRules, observedRise, ownScoresOf } from './stage-data.ts'

/** Of the runs of an arm that say it, those that failed. */
export interface Failed {
  readonly failed: number
  readonly runs: number
}

/** Both arms of some runs. */
export type FailedByArm = Readonly<Record<Arm, Failed>>

/** Runs that declare one value of an attribute. */
export interface FailedSlice extends FailedByArm {
  readonly attribute: string
  /** Null: these runs do not declare it. */
  readonly value: string | number | boolean | null
}

/** One rule that showed harm. */
export interface Failure {
  /** As in the verdict: `floor.policy`, `sequential.utility`. */
  readonly rule: string
  /** Where it was shown: the stage or window that the rollout stood in. */
  readonly period: Period
  /**
   * What is counted: for a floor every run since the start; for a test the runs that counted of the period's tested subjects, and
   * where the configuration declares no subjects the first run of each. Nothing of a cost or a score: no run of it fails.
   */
  readonly of: 'runs' | 'tested_runs' | 'subjects' | 'cents' | 'score'
  /** Rise of the mean that is tolerated, as a part of 1 or in cents; of a floor: runs that may violate. */
  readonly allowed: number
  /** Rise of the mean that was observed; null for a floor, and where an arm has none. */
  readonly observed: number | null
  readonly counts: FailedByArm
  /** The same counts in every period up to there. */
  readonly periods: readonly ({ readonly period: Period } & FailedByArm)[]
  /** By attribute, then most failures first; none: no run declares an attribute. */
  readonly slices: readonly FailedSlice[]
  /** Attributes that have more values than can be told apart here. */
  readonly not_sliced: readonly string[]
  /** Ids of the candidate's failed runs, in log order. */
  readonly runs: readonly string[]
}

/** Values of an attribute that make a slice each. */
const MOST_VALUES = 12

/**
 * The failures behind rows that show harm; rows of other kinds are passed over.
 * @param period where the rollout stood
 */
export function failuresOf(
  rollout: Rollout,
  look: Look,
  rows: readonly StageRow[],
  period: Period,
): readonly Failure[] {
  return rows.flatMap((row) => {
    const dot = row.rule.indexOf('.')
    const [kind, name] = [row.rule.slice(0, dot), row.rule.slice(dot + 1)]
    if (row.verdict !== 'bad') return []
    if (row.kind === 'floor' && kind === 'floor') return [floorFailure(rollout, look.usable, name as Floor, period)]
    if (row.kind === 'sequential' && kind === 'sequential') return testFailure(rollout, look, name, period)
    return []
  })
}

/** Did a run fail? Null: it does not say. */
type Fails = (run: ProductionRun) => boolean | null

function floorFailure(rollout: Rollout, usable: readonly ProductionRun[], floor: Floor, period: Period): Failure {
  const limit = rollout.config.floors[floor]
  const of = [...new Map(usable.map((run) => [run.run_id, run])).values()]
  return {
    rule: `floor.${floor}`,
    period,
    of: 'runs',
    allowed: 'not_measured' in limit ? 0 : (limit.max_violations ?? 0),
    observed: null,
    ...counted(of, of, (run) => run.measures[FLOORS[floor]], period),
  }
}

function testFailure(rollout: Rollout, look: Look, name: string, period: Period): Failure[] {
  const rule = harmRules(rollout.config).find((r) => r.name === name)
  if (rule === undefined) return []
  const counting = upTo(period).flatMap((p) => look.runs(p))
  const here = counting.filter((run) => run.period === period)
  const { economics } = rollout.config
  const amount = (measure: GateMeasure, of: Failure['of'], allowed: number): Failure[] => {
    const observed = observedRise(here, (run) => badnessOf(measure, run, rollout.config))
    return [
      {
        rule: `sequential.${name}`,
        period,
        of,
        allowed,
        observed,
        ...counted([], [], () => null, period),
        periods: [],
      },
    ]
  }
  if (name === 'economics' && economics !== undefined) return amount('economics_cents', 'cents', economics.max_rise)
  const own = ownScoresOf(rollout.config).find(({ measure }) => measure === name)
  if (own !== undefined) return amount(own.measure, 'score', rule.tolerated)
  return [
    {
      rule: `sequential.${name}`,
      period,
      of: look.subjects === null ? 'subjects' : 'tested_runs',
      allowed: rule.tolerated,
      observed: observedRise(here, rule.badness),
      ...counted(here, counting, failsBy(rollout, name), period),
    },
  ]
}

/** What a failed run is by a sequentially tested rule. */
function failsBy({ config }: Rollout, name: string): Fails {
  if (name in FLOORS) return ({ measures }) => measures[FLOORS[name as Floor]]
  if (name === 'utility')
    return ({ measures: { utility_passed } }) => (utility_passed === null ? null : !utility_passed)
  return (run) => {
    const slow = badnessOf('slow_share', run, config)
    return slow === null ? null : slow > 0
  }
}

const upTo = (period: Period): readonly Period[] => PERIODS.slice(0, PERIODS.indexOf(period) + 1)

/**
 * @param here runs that the counts and slices are over
 * @param all runs of all periods
 */
function counted(
  here: readonly ProductionRun[],
  all: readonly ProductionRun[],
  fails: Fails,
  period: Period,
): Pick<Failure, 'counts' | 'periods' | 'slices' | 'not_sliced' | 'runs'> {
  return {
    counts: byArm(here, fails),
    periods: upTo(period).map((p) => ({
      period: p,
      ...byArm(
        all.filter((run) => run.period === p),
        fails,
      ),
    })),
    ...slicesOf(here, fails),
    runs: here.filter((run) => run.arm === 'candidate' && fails(run) === true).map((run) => run.run_id),
  }
}

function byArm(runs: readonly ProductionRun[], fails: Fails): FailedByArm {
  const counts = { baseline: { failed: 0, runs: 0 }, candidate: { failed: 0, runs: 0 } }
  for (const run of runs) {
    const failed = fails(run)
    if (failed === null) continue
    counts[run.arm].runs++
    if (failed) counts[run.arm].failed++
  }
  return counts
}

function slicesOf(runs: readonly ProductionRun[], fails: Fails): Pick<Failure, 'slices' | 'not_sliced'> {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.attributes ?? {})))].sort()
  const slices: FailedSlice[] = []
  const notSliced: string[] = []
  for (const attribute of names) {
    const groups = Map.groupBy(runs, ({ attributes }) =>
      attributes && Object.hasOwn(attributes, attribute) ? attributes[attribute]! : null,
    )
    if (groups.size > MOST_VALUES) notSliced.push(attribute)
    else
      slices.push(
        ...[...groups]
          .map(([value, of]) => ({ attribute, value, ...byArm(of, fails) }))
          .sort((a, b) => b.candidate.failed - a.candidate.failed || b.candidate.runs - a.candidate.runs),
      )
  }
  return { slices, not_sliced: notSliced }
}
