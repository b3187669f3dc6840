/** What one look at a rollout compares, under the rule that its configuration declares: the runs of each period that count. */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { firstOfSubjects, usableRuns } from './stage-data.ts'
import { type Entered, type SubjectsOf, subjectsOf } from './subjects.ts'

export interface Look {
  /** Runs that ran the tuple of their arm, in log order. */
  readonly usable: readonly ProductionRun[]
  /** Null: the configuration declares no subjects. The first run of each is looked at then (rule 1, before 0.3.0). */
  readonly subjects: SubjectsOf | null
  /** Runs of a period that count: of subjects, all of those that were tested, as the log knows them by now. */
  readonly runs: (period: Period) => readonly ProductionRun[]
  /** The same, and those of subjects whose time is not over: for people, and for no decision. */
  readonly shown: (period: Period) => readonly ProductionRun[]
}

/** @param now the moment of the look; null: none but what the log itself shows */
export function lookAt(rollout: Rollout, log: readonly ProductionRun[], now: string | null): Look {
  const usable = usableRuns(rollout, log)
  const rules = rollout.config.subjects
  if (rules === undefined) {
    const runs = (period: Period) => firstOfSubjects(usable, period)
    return { usable, subjects: null, runs, shown: runs }
  }
  const subjects = subjectsOf(rollout, rules, usable, now)
  const runs = (period: Period) => testedIn(subjects, period).flatMap((of) => runsIn(of.known))
  const open = (period: Period) => openIn(subjects, period).flatMap((of) => runsIn(of.known))
  return { usable, subjects, runs, shown: (period) => [...runs(period), ...open(period)] }
}

/** Subjects of a period that were tested and are left out of nothing. */
export const testedIn = ({ entered }: SubjectsOf, period: Period): readonly Entered[] =>
  entered.filter((of) => of.period === period && !of.crossed)

/** Those whose time is not over. */
export const openIn = ({ open }: SubjectsOf, period: Period): readonly Entered[] =>
  open.filter((of) => of.period === period && !of.crossed)

/** Runs of items, of one arm or of both. */
export const runsIn = (items: Entered['known'], ...arms: readonly Arm[]): ProductionRun[] =>
  items.flatMap((item) => (arms.length === 0 ? BOTH : arms).flatMap((arm) => item[arm] ?? []))

const BOTH: readonly Arm[] = ['baseline', 'candidate']
