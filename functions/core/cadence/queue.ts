/** Which broken band starts a run, and why every other one does not: at most one run an intent and risk class. */
import type { Band } from '#schemas/bands.ts'
import type { IntentFacts, NOT_QUEUED, QueueEntry, SeriesDay } from '#schemas/cadence.ts'
import { byCodeUnit } from '../canonical.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { dayAfter, daysBetween } from './days.ts'
import { fitsYear } from './year-budget.ts'

type Why = (typeof NOT_QUEUED)[number]

/** Limits of the routine on runs. */
interface QueueLimits {
  readonly cooldown_days: number
  readonly runs_per_quarter: number
}

/** Id of the run that a day starts for a metric: the same day started again is the same run. */
export const queuedRunId = (intent: string, date: string, metric: string): string =>
  `at_${date.replaceAll('-', '_')}_${intent}_${metric}`.slice(0, 128)

/** One entry for every series that has moved, those with the most evidence first. */
export function queueOf(
  date: string,
  intent: string,
  series: readonly SeriesDay[],
  bands: readonly Band[],
  facts: IntentFacts,
  limits: QueueLimits,
): QueueEntry[] {
  const moved = series
    .filter((one) => one.state === 'moved')
    .sort((a, b) => b.evidence - a.evidence || byCodeUnit(a.metric + a.side, b.metric + b.side))
  let taken = false
  return moved.map(({ metric, side }) => {
    const target = bands.find((band) => band.metric === metric)?.target
    const barrier = target === undefined ? NO_TARGET : taken ? ANOTHER : barrierOf(date, facts, limits)
    if (barrier) return { metric, side, run_id: null, ...barrier }
    taken = true
    const run_id = queuedRunId(intent, date, metric)
    return { metric, side, run_id, why: null, says: `run ${run_id} is queued` }
  })
}

interface Barrier {
  readonly why: Why
  readonly says: string
}

const NO_TARGET: Barrier = { why: 'no_target', says: 'its band names no target: nobody said what may be changed' }
const ANOTHER: Barrier = {
  why: 'another_first',
  says: 'another band of the intent starts its run today: one run at a time',
}

const OPEN: Readonly<Record<IntentFacts['open'][number]['kind'], (id: string) => string>> = {
  open_run: (id) => `run ${id} is under way`,
  open_review: (id) => `review ${id} waits for its reviewers`,
  approved_review: (id) => `review ${id} is approved and waits for its rollout`,
  rollout: (id) => `rollout ${id} is under way`,
}

/** What keeps an intent from a run, the nearest first; null: nothing. */
function barrierOf(date: string, facts: IntentFacts, limits: QueueLimits): Barrier | null {
  const [open] = facts.open
  if (open) return { why: open.kind, says: OPEN[open.kind](open.id) }
  const { last_queued: last, queued_this_quarter: queued, sealed } = facts
  if (last !== null && !isAtLeast(daysBetween(last, date), limits.cooldown_days))
    return {
      why: 'cooldown',
      says: `a run was queued on ${last}; the next may be on ${dayAfter(last, limits.cooldown_days)} (cooldown_days ${limits.cooldown_days})`,
    }
  if (!isBelow(queued, limits.runs_per_quarter))
    return {
      why: 'quarter_spent',
      says: `${queued} of ${limits.runs_per_quarter} runs of this quarter are spent (runs_per_quarter)`,
    }
  const { year } = facts
  if (year !== null && !fitsYear(year.spent, year.next, year.budget))
    return {
      why: 'year_spent',
      says: `questions of 365 days spent ${year.spent} of ${year.budget} (error_budget_per_year), and the next may spend ${year.next}`,
    }
  if (sealed.questions_left === 0 && sealed.families_waiting === 0)
    return {
      why: 'nothing_sealed',
      says: 'no question is left and no held-out family waits to be sealed: import runs of families that were never asked',
    }
  return null
}
