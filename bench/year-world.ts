/**
 * A simulated year of the routine: twelve intents of several volumes, three that drift, one that improves, one with outages,
 * runs that come late, and changes that go through run, review and rollout. Seeded; judged by the routine's own code.
 */
import { beforeOf, type IntentInput, judgeDay, queuedBefore, revisedSlice } from '#core/cadence/daily.ts'
import { dayAfter } from '#core/cadence/days.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { generator } from '#core/statistics/generator.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import { Bands } from '#schemas/bands.ts'
import type { DailyCadence, IntentFacts, RevisedSlice, SliceRow } from '#schemas/cadence.ts'

export const FIRST = '2026-01-01'
/** Runs a day by intent. */
export const VOLUMES = [5, 20, 50, 8, 12, 20, 30, 40, 10, 20, 15, 25]
/** Day on which the first three intents fall from .93 to .80. */
export const DRIFTS = [60, 120, 200]
export const IMPROVES = 3
export const OUTAGES = 4
/** From run to proposal, from review to approval, and the rollout, in days. */
const [REVIEW, APPROVED, ROLLOUT] = [3, 1, 14]
const EDGE = 0.9

export const bands = Bands.parse({
  false_alarms_per_quarter: 1,
  ready_after_hours: 24,
  revised_for_days: 7,
  cooldown_days: 14,
  runs_per_quarter: 4,
  intents: VOLUMES.map((_, n) => ({
    intent: `i${n}`,
    measured_by: { evals: 'evals.year@1.0.0' },
    bands: [
      { metric: 'utility', below: EDGE, target: { intent: `i${n}`, metric: 'utility', direction: 'increase' } },
      {
        metric: 'economics_cents_per_decision',
        range: [0, 20],
        above: 6,
        target: { intent: `i${n}`, metric: 'economics_cents_per_decision', direction: 'decrease' },
      },
    ],
  })),
})

/** What an intent has under way, by the day on which it ends. */
interface Open {
  readonly kind: IntentFacts['open'][number]['kind']
  readonly id: string
  readonly until: number
}

interface Intent {
  open: Open[]
  questions: number
  fixed: number | null
  released: number
}

export interface Year {
  readonly days: readonly DailyCadence[]
  readonly intents: readonly Readonly<Intent>[]
  /** Day and intent of each run that was queued. */
  readonly queued: readonly {
    readonly day: number
    readonly intent: number
    readonly run_id: string
    readonly open: number
  }[]
  /** Days on which an edge first moved, by intent. */
  readonly moved: readonly (readonly number[])[]
  readonly revised: number
}

/** How an intent passes on a day, before anything is done about it. */
function rateOf(intent: number, day: number, fixed: number | null): number {
  const drift = DRIFTS[intent]
  if (drift !== undefined && day >= drift && (fixed === null || day < fixed)) return 0.8
  if (intent === IMPROVES && day >= 150) return 0.99
  return 0.95
}

function rowsOf(seed: number, intent: number, day: number, rate: number): SliceRow[] {
  if (intent === OUTAGES && day % 30 < 4) return []
  const next = generator((seed * 400 + day) * 16 + intent)
  return Array.from({ length: VOLUMES[intent]! }, (_, n) => ({
    run_id: `r${day}-${n}`,
    family: `f${day}-${n}`,
    measures: {
      ...NOT_MEASURED,
      utility_score: next() / 2 ** 32 < rate ? 1 : 0,
      economics_cents: 3 + (4 * next()) / 2 ** 32,
    },
    corrections: { outcome: 0, label_disputed: 0, note: 0 },
  }))
}

/** Lives a year, day by day. */
export function liveYear(seed: number, length = 365): Year {
  const intents: Intent[] = VOLUMES.map(() => ({ open: [], questions: 2, fixed: null, released: 0 }))
  const days: DailyCadence[] = []
  const queued: Year['queued'][number][] = []
  const moved: number[][] = VOLUMES.map(() => [])
  let revisions = 0
  for (let day = 0; day < length; day++) {
    const date = dayAfter(FIRST, day)
    const prior = days.at(-1) ?? null
    if (day % QUARTER_DAYS === 0) for (const intent of intents) intent.questions = 2
    for (const intent of intents) follow(intent, day)
    const late = day > 0 && day % 11 === 0 ? lateRows(seed, day - 1, days, intents) : []
    revisions += late.length
    const input = (name: string): IntentInput => {
      const n = Number(name.slice(1))
      const intent = intents[n]!
      // The last tenth of a day comes a day later, every eleventh day.
      const rows = rowsOf(seed, n, day, rateOf(n, day, intent.fixed))
      const come = day % 11 === 10 ? rows.slice(0, Math.ceil(rows.length * 0.9)) : rows
      const facts = {
        in_force: `t${intent.released}`,
        year: null,
        open: intent.open.map(({ kind, id }) => ({ kind, id })),
        sealed: { questions_left: intent.questions, families_waiting: intent.questions > 0 ? null : 0 },
      }
      return { rows: come, facts: { ...facts, ...queuedBefore(prior, name, date) } }
    }
    const judged = judgeDay(date, bands, prior, FIRST, input, late)
    for (const [n, { series, queue }] of judged.intents.entries()) {
      if (series.some(({ moved_since }) => moved_since === date)) moved[n]!.push(day)
      const entry = queue.find(({ run_id }) => run_id !== null)
      if (!entry) continue
      const intent = intents[n]!
      queued.push({ day, intent: n, run_id: entry.run_id!, open: intent.open.length })
      intent.questions--
      intent.open.push({ kind: 'open_run', id: entry.run_id!, until: day + 1 })
    }
    days.push(judged)
  }
  return { days, intents, queued, moved, revised: revisions }
}

/** Whatever ends today makes room for what follows it: a run its review, that its rollout, and that the release. */
function follow(intent: Intent, day: number): void {
  for (const ended of intent.open.filter(({ until }) => until <= day)) {
    intent.open = intent.open.filter((one) => one !== ended)
    if (ended.kind === 'open_run') intent.open.push({ kind: 'open_review', id: `rev_${ended.id}`, until: day + REVIEW })
    if (ended.kind === 'open_review') intent.open.push({ kind: 'approved_review', id: ended.id, until: day + APPROVED })
    if (ended.kind === 'approved_review')
      intent.open.push({ kind: 'rollout', id: `ro_${ended.id}`, until: day + ROLLOUT })
    if (ended.kind === 'rollout') {
      intent.fixed = day
      intent.released++
    }
  }
}

function lateRows(
  seed: number,
  day: number,
  days: readonly DailyCadence[],
  intents: readonly Intent[],
): RevisedSlice[] {
  return bands.intents.flatMap((of, n) => {
    const rows = rowsOf(seed, n, day, rateOf(n, day, intents[n]!.fixed))
    const judged = days[day]!
    const again = revisedSlice(
      judged,
      of,
      judged.intents[n]!.slice,
      rows,
      beforeOf(days[day - 1] ?? null, of.intent, FIRST, judged.intents[n]!.facts),
    )
    return again ? [again] : []
  })
}
