/** A month of an intent as its control charts show it: put together from judged days, never judged again. */
import type { BandMetricName } from '#schemas/band-metrics.ts'
import type { Band } from '#schemas/bands.ts'
import type { DailyCadence, QueueEntry, RevisedSlice, SeriesDay, Slice, SliceRow } from '#schemas/cadence.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { QuarterlyCadence, YearBudget } from '#schemas/quarterly.ts'
import type { Rollout } from '#schemas/release.ts'
import type { IntentWeek, WeeklyCadence } from '#schemas/weekly.ts'
import { byCodeUnit } from '../canonical.ts'
import { isBack } from '../release/status.ts'
import { broughtBy, changedRefs } from '../release/tuple.ts'
import { dayAfter } from './days.ts'
import { inUnit, meanOf, sliceOf, valuesOf } from './slice.ts'
import { type AskedQuestion, yearBudget } from './year-budget.ts'

type Side = SeriesDay['side']

/** A metric on one day. `open`: not judged yet, so that its mean is of what was recorded so far. */
export interface ChartPoint {
  readonly date: string
  readonly state: SeriesDay['state'] | 'open'
  /** In the unit of the metric; null: nothing was measured, which is no 0. */
  readonly mean: number | null
  readonly families: number
  readonly ewma: number | null
  readonly edges: Readonly<Partial<Record<Side, number>>>
  /** Edges whose detector reached the threshold on this day. */
  readonly broke: readonly Side[]
  /** What a later day says of it, with the runs that came late; null: nothing. */
  readonly revised: { readonly on: string; readonly mean: number | null } | null
}

/** A metric over the month. `declared`: no edge of it was learned. */
export interface Chart {
  readonly metric: BandMetricName
  readonly declared: boolean
  readonly points: readonly ChartPoint[]
}

/** A day of the calendar. */
export interface MonthDay {
  readonly date: string
  /** `none`: no day was judged, or bands of that day do not name the intent. */
  readonly state: 'judged' | 'open' | 'none'
  readonly slice: Slice | null
  readonly queue: readonly QueueEntry[]
  /** Later slices of it, by the day that revised it. */
  readonly revised: readonly { readonly on: string; readonly slice: Slice }[]
}

/** An edge that broke, or was broken when the month began. */
export interface Episode {
  readonly metric: BandMetricName
  readonly side: Side
  readonly edge: number
  readonly since: string
  /** First day on which it was broken no more; null: it was on the last judged day. */
  readonly until: string | null
  /** Mean of its last broken day with runs. */
  readonly mean: number | null
  /** Run that it queued, and on which day; null: none. */
  readonly run: { readonly id: string; readonly date: string; readonly verdict: string | null } | null
  /** What the queue said of it last. */
  readonly says: string
}

/** What rollouts put in force or took back in the month. */
export interface ReleaseMark {
  readonly date: string
  readonly what: 'released' | 'rolled_back' | 'stopped' | 'retired'
  readonly rollout_id: string
  /** What everybody has from then on, of what the rollout changes: a pack, or another part of the tuple. */
  readonly version: string
  readonly certification?: Rollout['certification']
  readonly by: string
}

/** A sealed version as the ledger has it now, with its questions. */
export interface LedgerRow {
  readonly version: string
  readonly families: number
  readonly used: number
  readonly questions: number
  readonly level: number
  readonly retired: LedgerItem['retired']
  readonly asked: readonly {
    readonly k: number
    readonly run_id: string
    readonly answer: boolean | null
    readonly day: string | null
  }[]
}

/** All of it. */
export interface IntentMonth {
  readonly report: 'intent-month.v1'
  readonly intent: string
  readonly month: string
  readonly days: readonly MonthDay[]
  readonly charts: readonly Chart[]
  readonly episodes: readonly Episode[]
  readonly marks: readonly ReleaseMark[]
  /** The newest week that was looked at by the end of the month; null: none, or not of this intent. */
  readonly week: (IntentWeek & { readonly date: string }) | null
  readonly ledger: readonly LedgerRow[]
  readonly year: {
    /** Questions to this intent in the 365 days until the last one that is told of, as the ledger has them now. */
    readonly own: YearBudget
    /** What a judged day or a quarter said of all intents together; null: neither did. */
    readonly all: { readonly on: string; readonly spent: number; readonly budget: number | null } | null
  }
  /** The first and the last day that was judged in this store; null: none was. */
  readonly judged: { readonly first: string; readonly last: string } | null
}

/** What is read of a store for it. */
export interface MonthRecords {
  /** Judged days of the month, and those after it that may revise them, in order. */
  readonly days: readonly DailyCadence[]
  readonly judged: IntentMonth['judged']
  /** Days of the month that are not judged yet, with what their runs measured. */
  readonly open: ReadonlyMap<string, readonly SliceRow[]>
  /** Bands of the newest judged day, by which open days are measured; null: they are not at hand. */
  readonly bands: readonly Band[] | null
  readonly rollouts: readonly Rollout[]
  readonly week: WeeklyCadence | null
  readonly quarter: QuarterlyCadence | null
  readonly versions: readonly LedgerItem[]
  readonly asked: readonly AskedQuestion[]
  /** Verdicts of the runs that were queued; one that is not there has not ended. */
  readonly verdicts: ReadonlyMap<string, string>
}

/** Is it a month, as `2026-11`? */
export const isMonth = (text: string): boolean => /^2\d{3}-(0[1-9]|1[0-2])$/.test(text)

/** Days of a month `2026-11`, in order. */
export function daysOfMonth(month: string): string[] {
  const days: string[] = []
  for (let day = `${month}-01`; day.startsWith(month); day = dayAfter(day)) days.push(day)
  return days
}

/** Puts the month of an intent together. */
export function monthOf(intent: string, month: string, records: MonthRecords): IntentMonth {
  const dates = daysOfMonth(month)
  const last = dates.at(-1)!
  const judged = new Map(
    records.days.flatMap(({ date, intents }) => {
      const own = intents.find((one) => one.intent === intent)
      return own && date <= last ? [[date, own] as const] : []
    }),
  )
  const revised = new Map<string, { on: string; slice: RevisedSlice }[]>()
  for (const { date: on, revised: slices } of records.days)
    for (const slice of slices.filter((one) => one.intent === intent))
      revised.set(slice.date, [...(revised.get(slice.date) ?? []), { on, slice }])
  const days = dates.map((date): MonthDay => {
    const own = judged.get(date)
    const open = own ? undefined : records.open.get(date)
    return {
      date,
      state: own ? 'judged' : open ? 'open' : 'none',
      slice: own?.slice ?? (open ? sliceOf(open, records.bands ?? []) : null),
      queue: own?.queue ?? [],
      revised: (revised.get(date) ?? []).map(({ on, slice: { now } }) => ({ on, slice: now })),
    }
  })
  const lastJudged = records.days.filter(({ date }) => date <= last).at(-1)
  const { week, versions } = records
  const ownWeek = week?.intents.find((one) => one.intent === intent)
  return {
    report: 'intent-month.v1',
    intent,
    month,
    days,
    charts: chartsOf(dates, judged, revised, records),
    episodes: episodesOf(judged, records.verdicts),
    marks: marksOf(records.rollouts, month),
    week: week && ownWeek ? { ...ownWeek, date: week.date } : null,
    ledger: versions.map((version) => ledgerRow(version, records.asked)),
    year: {
      own: yearBudget(records.asked, last),
      all: yearOf(records.quarter, lastJudged, intent),
    },
    judged: records.judged,
  }
}

type Judged = ReadonlyMap<string, DailyCadence['intents'][number]>

function chartsOf(
  dates: readonly string[],
  judged: Judged,
  revised: ReadonlyMap<string, readonly { readonly on: string; readonly slice: RevisedSlice }[]>,
  { open, bands }: MonthRecords,
): Chart[] {
  const all = [...judged.values()].flatMap(({ series }) => series)
  const metrics = new Set([
    ...all.map(({ metric }) => metric),
    ...(open.size > 0 ? (bands ?? []) : []).map((b) => b.metric),
  ])
  return [...metrics].map((metric) => ({
    metric,
    declared: all.every((one) => one.metric !== metric || one.declared),
    points: dates.flatMap((date): ChartPoint[] => {
      const series = judged.get(date)?.series.filter((one) => one.metric === metric) ?? []
      const [one] = series
      if (one === undefined) {
        const rows = open.get(date)
        const band = bands?.find((of) => of.metric === metric)
        return rows && band ? [openPoint(date, rows, band)] : []
      }
      const again = revised.get(date)?.at(-1)
      const mean = again?.slice.series.find((of) => of.metric === metric)?.mean
      return [
        {
          date,
          state: series.find(({ state }) => state === 'moved')?.state ?? one.state,
          mean: one.mean,
          families: one.families,
          ewma: one.ewma,
          edges: Object.fromEntries(series.map(({ side, edge }) => [side, edge])),
          broke: series.filter(({ moved_since }) => moved_since === date).map(({ side }) => side),
          revised: again && mean ? { on: again.on, mean: mean.now } : null,
        },
      ]
    }),
  }))
}

function openPoint(date: string, rows: readonly SliceRow[], band: Band): ChartPoint {
  const { values } = valuesOf(rows, band)
  const mean = meanOf(values)
  return {
    date,
    state: 'open',
    mean: mean === null ? null : inUnit(mean, band),
    families: values.length,
    ewma: null,
    edges: {},
    broke: [],
    revised: null,
  }
}

function episodesOf(judged: Judged, verdicts: ReadonlyMap<string, string>): Episode[] {
  const episodes: Episode[] = []
  const standing = new Map<string, number>()
  for (const [date, { series, queue }] of judged)
    for (const { metric, side, edge, mean, moved_since: since } of series) {
      const key = `${metric} ${side}`
      const at = standing.get(key)
      const before = at === undefined ? undefined : episodes[at]!
      if (before && before.since !== since) {
        episodes[at!] = { ...before, until: date }
        standing.delete(key)
      }
      if (since === null) continue
      const entry = queue.find((one) => one.metric === metric && one.side === side)
      const same = before?.since === since ? before : null
      const id = entry?.run_id ?? null
      const now: Episode = {
        ...{ metric, side, edge, since, until: null },
        mean: mean ?? same?.mean ?? null,
        run: id === null ? (same?.run ?? null) : { id, date, verdict: verdicts.get(id) ?? null },
        says: entry?.says ?? same?.says ?? 'nothing is queued',
      }
      if (same) episodes[at!] = now
      else standing.set(key, episodes.push(now) - 1)
    }
  return episodes
}

function marksOf(rollouts: readonly Rollout[], month: string): ReleaseMark[] {
  const marks = rollouts.flatMap((rollout) => {
    const { rollout_id, records, certification } = rollout
    const before = changedRefs(rollout)
      .map(({ from }) => from)
      .join(', ')
    return records.flatMap(({ verdict, to_stage, at, by }): (ReleaseMark & { at: string })[] => {
      const back = isBack(verdict)
      const what = back ? verdict : verdict === 'advanced' && to_stage === null ? 'released' : null
      if (what === null || !at.startsWith(month)) return []
      const version = back ? before : broughtBy(rollout)
      return [{ at, date: at.slice(0, 10), what, rollout_id, version, ...(certification && { certification }), by }]
    })
  })
  return marks.sort((a, b) => byCodeUnit(a.at, b.at)).map(({ at: _, ...mark }) => mark)
}

const ledgerRow = (
  { version, families, used, questions, alpha_k, retired, history, open }: LedgerItem,
  asked: readonly AskedQuestion[],
): LedgerRow => {
  const days = asked.filter((one) => one.version === version)
  const open_question = open && history.every(({ k }) => k !== open.k) ? [{ ...open, answer: null }] : []
  return {
    ...{ version, families, used, questions, level: alpha_k, retired },
    asked: [...history, ...open_question].map(({ k, run_id, answer }, i) => ({
      ...{ k, run_id, answer },
      day: days[i]?.day ?? null,
    })),
  }
}

/** The later of both says it. */
function yearOf(
  quarter: QuarterlyCadence | null,
  day: DailyCadence | undefined,
  intent: string,
): IntentMonth['year']['all'] {
  const year = day?.intents.find((one) => one.intent === intent)?.facts.year ?? null
  if (day && year && (quarter === null || day.date >= quarter.date))
    return { on: day.date, spent: year.spent, budget: year.budget }
  return quarter && { on: quarter.date, spent: quarter.year_spent, budget: quarter.year_budget }
}
