/**
 * Subjects of a rollout as they enter its tests: each once in a stage, when its window and the time for outcomes are over, with
 * what the log knew of it by then. What moment a look stands at is the latest that the log has told, at its end the present; so the
 * order of entry follows from the log alone, and what comes later changes no bet that was made.
 *
 * Without the wait an arm whose failures are told of late looks better for as long as they take. Both arms wait alike.
 */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import type { SubjectRules } from '#schemas/subject-rules.ts'
import { instantOf, millisecondsOf } from '../instant.ts'
import { DueQueue } from '../statistics/due-queue.ts'
import { routedArm } from './crossing.ts'

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

const HOUR = 3_600_000

/** A run and its start, in milliseconds. */
interface Row {
  readonly run: ProductionRun
  readonly from: number
}

/** A subject while the log is read. */
class Unit {
  readonly rows = new Map<string, Row>()
  first = Infinity
  tested: readonly Item[] | null = null
  late = false
  crossed = false
  readonly subject: string
  readonly period: Period

  constructor(subject: string, period: Period) {
    this.subject = subject
    this.period = period
  }

  /** Runs that start in the window, by start, at most as many as count. */
  items({ window_hours, max_runs }: SubjectRules): Item[] {
    const end = this.first + window_hours * HOUR
    const rows = [...this.rows.values()]
      .filter(({ from }) => from < end)
      .sort((a, b) => a.from - b.from || (a.run.run_id < b.run.run_id ? -1 : 1))
      .map(({ run }) => run)
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
    return [...this.rows.values()].some(({ run }) => run.pair !== null)
  }
}

/** The moment at which a line was written at the earliest: it cannot tell what had not happened. */
const toldAt = ({ run: { outcome_at }, from }: Row): number =>
  Math.max(from, outcome_at ? millisecondsOf(outcome_at) : -Infinity)

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
  const wait = (rules.window_hours + rules.outcome_hours) * HOUR
  let clock = -Infinity
  let untimed = 0
  const enter = (moment: number) => {
    clock = Math.max(clock, moment)
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
    const from = millisecondsOf(run.started_at)
    enter(toldAt({ run, from }))
    const key = `${run.period}\n${run.subject}`
    const unit = units.get(key) ?? new Unit(run.subject, run.period)
    if (unit.rows.size === 0) {
      units.set(key, unit)
      unit.late = from + wait <= clock
    }
    unit.rows.set(run.run_id, { run, from })
    if (run.pair === null && run.arm !== routedArm(rollout, run)) unit.crossed = true
    if (from < unit.first) {
      unit.first = from
      if (unit.tested === null) queue.add(from + wait, unit)
    }
  }
  if (now !== null) enter(millisecondsOf(now))
  const all = [...units.values()]
  const told = new Map(all.map((unit) => [unit, enteredOf(unit, rules)]))
  const open = all.filter((unit) => unit.tested === null).sort((a, b) => a.first - b.first)
  return {
    entered: order.map((unit) => told.get(unit)!),
    open: open.map((unit) => told.get(unit)!),
    arrived: all.filter((unit) => !unit.paired).map((unit) => told.get(unit)!),
    next: open.length === 0 ? null : instantOf(open[0]!.first + wait),
    untimed,
  }
}

function enteredOf(unit: Unit, rules: SubjectRules): Entered {
  const { subject, period, tested, late, crossed } = unit
  const arm = unit.paired ? null : [...unit.rows.values()][0]!.run.arm
  return { subject, period, arm, tested: tested ?? [], known: unit.items(rules), late, crossed }
}
