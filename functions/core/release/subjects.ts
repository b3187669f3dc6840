/**
 * Subjects of a rollout as they enter its tests: each once in a stage, when its window and the time for outcomes are over, with
 * what the log knew of it by then. What moment a look stands at is the latest that the log has told, at its end the present; so the
 * order of entry follows from the log alone, and what comes later changes no bet that was made.
 *
 * Without the wait an arm whose failures are told of late looks better for as long as they take. Both arms wait alike.
 */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import type { SubjectRules } from '#schemas/subject-rules.ts'
import { byCodeUnit } from '../canonical.ts'
import { instantAfter } from '../instant.ts'
import { DueQueue } from '../statistics/due-queue.ts'
import { routedArm, routedShare } from './crossing.ts'

/** What counts once: a served run of one arm, or a run with its shadow; null: that arm's was never told of. */
export interface Item {
  readonly baseline: ProductionRun | null
  readonly candidate: ProductionRun | null
}

/** A subject in one stage. */
export interface Entered {
  readonly subject: string
  readonly period: Period
  /** Null: it is compared with its own shadows. */
  readonly arm: Arm | null
  /** What its test looked at; empty as long as it was not tested. At most `max_runs`. */
  readonly tested: readonly Item[]
  /** The same as the whole log knows it. */
  readonly known: readonly Item[]
  /** Its first run was told of only after its time was over. */
  readonly late: boolean
  /** A run's recorded arm is not the one that routing gives the subject: it is left out of both. */
  readonly crossed: boolean
}

export interface SubjectsOf {
  /** Tested, in the order in which they entered. Crossed ones among them: whoever compares leaves them out. */
  readonly entered: readonly Entered[]
  /** Shown, and not tested yet, in the order in which they first ran. */
  readonly open: readonly Entered[]
  /** Every subject of one arm in the order in which it was first told of: what the sample ratio counts. */
  readonly arrived: readonly Entered[]
  /** When the next of the open ones enters; null: none is open. */
  readonly next: string | null
  /** Runs that say no moment, and so belong to no window. */
  readonly untimed: number
}

/** A subject while the log is read. Moments are texts, which sort as time does. */
class Unit {
  readonly rows = new Map<string, ProductionRun>()
  /** Start of its first run, and until when the others count; the empty text: none was told of. */
  first = ''
  until = ''
  due = ''
  tested: readonly Item[] | null = null
  late = false
  crossed = false
  readonly subject: string
  readonly period: Period
  /** The arm that routing gives it. */
  readonly routed: Arm

  constructor(subject: string, period: Period, routed: Arm) {
    this.subject = subject
    this.period = period
    this.routed = routed
  }

  begins(at: string, { window_hours, outcome_hours }: SubjectRules): void {
    this.first = at
    this.until = instantAfter(at, window_hours)
    this.due = instantAfter(at, window_hours + outcome_hours)
  }

  /** Runs that start in the window, by start, at most as many as count. */
  items({ max_runs }: SubjectRules): Item[] {
    const rows = [...this.rows.values()]
      .filter(({ started_at }) => started_at! < this.until)
      .sort((a, b) => byCodeUnit(a.started_at!, b.started_at!) || byCodeUnit(a.run_id, b.run_id))
    const paired = rows.filter(({ pair }) => pair !== null)
    const of = (runs: readonly ProductionRun[], arm: Arm) => runs.find((run) => run.arm === arm) ?? null
    const items: Item[] =
      paired.length > 0
        ? [...Map.groupBy(paired, ({ pair }) => pair).values()].map((runs) => ({
            baseline: of(runs, 'baseline'),
            candidate: of(runs, 'candidate'),
          }))
        : rows.map((run) => ({ baseline: null, candidate: null, [run.arm]: run }))
    return items.slice(0, max_runs)
  }

  get paired(): boolean {
    return [...this.rows.values()].some(({ pair }) => pair !== null)
  }
}

/** The moment at which a line was written at the earliest: it cannot tell what had not happened. */
const toldAt = ({ started_at, outcome_at }: ProductionRun): string =>
  outcome_at && outcome_at > started_at! ? outcome_at : started_at!

/**
 * @param usable runs of the rollout that ran the tuple of their arm, in log order. A later line of a run replaces the one before
 * @param now the moment of this look; null: none, only what the log itself shows to be over enters
 */
export function subjectsOf(
  rollout: Rollout,
  rules: SubjectRules,
  usable: readonly ProductionRun[],
  now: string | null,
): SubjectsOf {
  const units = new Map<string, Unit>()
  const queue = new DueQueue<Unit>()
  const order: Unit[] = []
  const shares = new Map(PERIODS.map((period) => [period, routedShare(rollout, period)]))
  const routed = ({ subject, period }: ProductionRun) => routedArm(rollout, subject, shares.get(period)!)
  let clock = ''
  let untimed = 0
  const enter = (moment: string) => {
    if (moment > clock) clock = moment
    for (let unit = queue.due(clock); unit !== null; unit = queue.due(clock)) {
      if (unit.tested !== null) continue
      unit.tested = unit.items(rules)
      order.push(unit)
    }
  }
  for (const run of usable) {
    if (!run.compared && run.pair === null) continue
    if (run.started_at === undefined) {
      untimed++
      continue
    }
    enter(toldAt(run))
    const key = `${run.period}\n${run.subject}`
    const unit = units.get(key) ?? new Unit(run.subject, run.period, routed(run))
    const isFirst = unit.rows.size === 0
    if (isFirst) units.set(key, unit)
    unit.rows.set(run.run_id, run)
    if (run.pair === null && run.arm !== unit.routed) unit.crossed = true
    if (!isFirst && run.started_at >= unit.first) continue
    unit.begins(run.started_at, rules)
    if (isFirst) unit.late = unit.due <= clock
    if (unit.tested === null) queue.add(unit.due, unit)
  }
  if (now !== null) enter(now)
  const all = [...units.values()]
  const told = new Map(all.map((unit) => [unit, enteredOf(unit, rules)]))
  const open = all.filter((unit) => unit.tested === null).sort((a, b) => byCodeUnit(a.first, b.first))
  return {
    entered: order.map((unit) => told.get(unit)!),
    open: open.map((unit) => told.get(unit)!),
    arrived: all.filter((unit) => !unit.paired).map((unit) => told.get(unit)!),
    next: open[0]?.due ?? null,
    untimed,
  }
}

function enteredOf(unit: Unit, rules: SubjectRules): Entered {
  const { subject, period, tested, late, crossed } = unit
  const arm = unit.paired ? null : [...unit.rows.values()][0]!.arm
  return { subject, period, arm, tested: tested ?? [], known: unit.items(rules), late, crossed }
}
