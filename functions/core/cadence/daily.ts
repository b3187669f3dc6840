/** A judged day: slices, series and queue of every intent, from the rows, the facts and the day before. Nothing else is read. */
import type { Bands, IntentBands } from '#schemas/bands.ts'
import type { DailyCadence, IntentDay, IntentFacts, RevisedSlice, SeriesDay, SliceRow } from '#schemas/cadence.ts'
import { canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { quarterOf } from './days.ts'
import { queueOf } from './queue.ts'
import { alarmOf, type Before, seriesOf } from './series.ts'
import { sliceOf } from './slice.ts'

/** What is known of an intent on a day. */
export interface IntentInput {
  readonly rows: readonly SliceRow[]
  readonly facts: IntentFacts
}

/** The bytes of a judged day, as they are kept. */
export const dailyText = (day: DailyCadence): string => `${canonical(day)}\n`

/** Judges a day. `prior`: the day that was judged before it; null: none was. */
export function judgeDay(
  date: string,
  bands: Bands,
  prior: DailyCadence | null,
  first: string,
  inputOf: (intent: string) => IntentInput,
  revised: readonly RevisedSlice[],
  version: DailyCadence['cadence'] = 'daily.v2',
): DailyCadence {
  const { series, threshold } = alarmOf(bands)
  return {
    cadence: version,
    date,
    prior: prior && digestOfBytes(dailyText(prior)),
    bands: digestOf(bands),
    threshold,
    series,
    intents: bands.intents.map((of) => intentDay(date, of, bands, prior, first, inputOf(of.intent), threshold)),
    revised: [...revised],
  }
}

function intentDay(
  date: string,
  { intent, bands }: IntentBands,
  limits: Bands,
  prior: DailyCadence | null,
  first: string,
  { rows, facts }: IntentInput,
  threshold: number,
): IntentDay {
  const series = seriesOf(date, bands, rows, beforeOf(prior, intent, first, facts), threshold)
  return {
    intent,
    slice: sliceOf(rows, bands),
    series,
    facts,
    queue: queueOf(date, intent, series, bands, facts, limits),
  }
}

/** What an intent's series go on from. */
export function beforeOf(
  prior: DailyCadence | null,
  intent: string,
  first: string,
  { in_force }: Pick<IntentFacts, 'in_force'>,
): Before | null {
  const day = prior?.intents.find((one) => one.intent === intent)
  if (!day) return null
  const released = day.facts.in_force !== in_force
  return { series: day.series, anew: released ? day.series : day.queue.filter(({ run_id }) => run_id !== null), first }
}

/**
 * A judged day with the runs that came late: what it would have said, beside what it said. Null: its rows are the same.
 * @param before what its series went on from
 */
export function revisedSlice(
  judged: DailyCadence,
  of: IntentBands,
  was: IntentDay['slice'],
  rows: readonly SliceRow[],
  before: Before | null,
): RevisedSlice | null {
  const now = sliceOf(rows, of.bands)
  const old = judged.intents.find(({ intent }) => intent === of.intent)
  if (!old || now.rows === was.rows) return null
  const anew = seriesOf(judged.date, of.bands, rows, before, judged.threshold)
  const pairs = old.series.flatMap((series) => {
    const other = anew.find(({ metric, side }) => metric === series.metric && side === series.side)
    return other ? [[series, other] as const] : []
  })
  return { date: judged.date, intent: of.intent, was, now, series: pairs.map(([a, b]) => changed(a, b)) }
}

const changed = (was: SeriesDay, now: SeriesDay): RevisedSlice['series'][number] => ({
  metric: was.metric,
  side: was.side,
  mean: { was: was.mean, now: now.mean },
  state: { was: was.state, now: now.state },
})

/** What the queue of an intent remembers of the days before: its last run, and how many there were in the quarter of a day. */
export function queuedBefore(
  prior: DailyCadence | null,
  intent: string,
  date: string,
): Pick<IntentFacts, 'last_queued' | 'queued_this_quarter'> {
  const day = prior?.intents.find((one) => one.intent === intent)
  if (!prior || !day) return { last_queued: null, queued_this_quarter: 0 }
  const queued = day.queue.some(({ run_id }) => run_id !== null)
  const same = quarterOf(prior.date) === quarterOf(date)
  return {
    last_queued: queued ? prior.date : day.facts.last_queued,
    queued_this_quarter: same ? day.facts.queued_this_quarter + (queued ? 1 : 0) : 0,
  }
}
