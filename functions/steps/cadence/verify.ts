/** Recomputes a judged day from the rows that it kept and the day before, and the rows from the recorded runs. */
import { dailyText, judgeDay, queuedBefore } from '#core/cadence/daily.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence, SliceRow } from '#schemas/cadence.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { erasuresOf } from '../store/erasures.ts'
import { judgedDays, readDay } from './daily.ts'
import { keptBands } from './kept-bands.ts'
import { lostRows, saidUntil } from './rows-beside.ts'
import { keptRows, linesByDay, measuredBy, rowsOf } from './slice-rows.ts'

/** What was compared of a judged day, and what differs, in words; empty where it holds. */
export interface CadenceVerification {
  readonly date: string
  readonly intents: number
  readonly runs: number
  readonly problems: readonly string[]
  /** What cannot be recomputed any more since people had it erased, in words. */
  readonly erased: readonly string[]
  /** False: the bands that it was judged by are not at hand, so that chain and rows alone were compared. */
  readonly recomputed: boolean
}

/**
 * Verifies a judged day. Of its own accord it compares the chain, and the slices with their rows; with the bands that it
 * was judged by also every series, every place in the queue, and each row with the recorded run.
 * @param bands null: they are not at hand
 */
export async function verifyDay(store: Store, date: string, bands: Bands | null): Promise<CadenceVerification> {
  const judged = await judgedDays(store)
  const day = await readDay(store, date)
  const at = judged.indexOf(date)
  const prior = at <= 0 ? null : await readDay(store, judged[at - 1]!)
  const problems: string[] = []
  const chained = prior && digestOfBytes(dailyText(prior))
  if (day.prior !== chained)
    problems.push(
      prior === null
        ? `it follows a day ${day.prior} that is not in this store`
        : `it does not follow ${prior.date} as that lies here: one of the two was changed`,
    )
  const rows = new Map<string, SliceRow[]>()
  const erasures = await erasuresOf(store)
  const erased: string[] = []
  for (const { intent, slice } of day.intents) {
    const kept = await keptRows(store, date, intent, slice.rows)
    if (kept === null && erasures.isGone(slice.rows!))
      erased.push(
        `${intent}: runs of it were erased since, so that it cannot be recomputed; what is left is as it was judged`,
      )
    else if (kept === null) problems.push(`${keys.cadenceRows(date, intent, slice.rows!)} is gone or was changed`)
    else rows.set(intent, kept)
  }
  const own = bands !== null && digestOf(bands) === day.bands ? bands : await keptBands(store, day.bands)
  if (own ?? bands) problems.push(...(await recomputed(store, day, prior, judged[0]!, (own ?? bands)!, rows)))
  return {
    date,
    intents: day.intents.length,
    runs: [...rows.values()].reduce((sum, of) => sum + of.length, 0),
    problems,
    erased,
    recomputed: own !== null,
  }
}

async function recomputed(
  store: Store,
  day: DailyCadence,
  prior: DailyCadence | null,
  first: string,
  bands: Bands,
  rows: ReadonlyMap<string, readonly SliceRow[]>,
): Promise<string[]> {
  if (digestOf(bands) !== day.bands)
    return [`it was judged by other bands (${day.bands.slice(0, 15)}): give those with --bands`]
  if (rows.size < day.intents.length) return []
  const problems: string[] = []
  const factsOf = (intent: string) => day.intents.find((one) => one.intent === intent)!.facts
  const again = judgeDay(
    day.date,
    bands,
    prior,
    first,
    (intent) => ({ rows: rows.get(intent)!, facts: factsOf(intent) }),
    day.revised,
    day.cadence,
  )
  for (const [i, { intent, facts }] of day.intents.entries()) {
    if (canonical(again.intents[i]) !== canonical(day.intents[i]))
      problems.push(
        `${intent}: its slice, series or queue is not what its rows and ${prior?.date ?? 'no day before'} come to`,
      )
    const { last_queued, queued_this_quarter } = facts
    if (canonical(queuedBefore(prior, intent, day.date)) !== canonical({ last_queued, queued_this_quarter }))
      problems.push(`${intent}: what it says of earlier runs is not what the day before says`)
    problems.push(...(await otherRows(store, day, intent, bands, rows.get(intent)!)))
  }
  if (dailyText(again) !== dailyText(day) && problems.length === 0)
    problems.push('its threshold or series are not those of its bands')
  return problems
}

/** Rows that the recorded runs of today do not come to: a run that came later is no fault, one that is gone or changed is. */
async function otherRows(
  store: Store,
  { date }: DailyCadence,
  intent: string,
  bands: Bands,
  rows: readonly SliceRow[],
): Promise<string[]> {
  const of = bands.intents.find((one) => one.intent === intent)!
  const problems = await lostRows(store, { intent, until: saidUntil(date, bands.ready_after_hours) }, rows)
  const recorded = rows.filter(({ production }) => production === undefined)
  const kept = new Map(recorded.map(({ later: _, ...row }) => [row.run_id, canonical(row)]))
  const lines = (await linesByDay(store, intent, (day) => day === date)).get(date) ?? []
  const again = await rowsOf(
    new RecordedRuns(store.objects),
    lines.filter(({ run_id }) => kept.has(run_id)),
    await measuredBy(store, of),
    judgingWith(store.verdicts, 'search'),
  )
  for (const row of again) {
    if (kept.get(row.run_id) !== canonical(row))
      problems.push(`${intent}: run ${row.run_id} does not measure what its row says`)
    kept.delete(row.run_id)
  }
  for (const run of kept.keys()) problems.push(`${intent}: run ${run} is not in this store any more`)
  return problems.slice(0, 20)
}
