/** The slices of one intent: rows of the days that are judged, and of judged ones to which runs came late. Of recorded runs it reads the search side alone. */
import { canonical } from '#core/canonical.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { DailyCadence, Slice, SliceRow } from '#schemas/cadence.ts'
import type { DaysPlan, IntentSlices } from '#schemas/cadence-payloads.ts'
import type { Store } from '../../ports.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { judgedDays, readDay } from './daily.ts'
import { besideOf, saidUntil } from './rows-beside.ts'
import { keepRows, keptRows, linesByDay, measuredBy, rowsOf } from './slice-rows.ts'

/**
 * Measures and keeps the rows of an intent: one pass over its index.
 * @param cleared rollouts whose production logs hold no sealed run
 */
export async function sliceIntent(
  store: Store,
  of: IntentBands,
  { days, late, prior, ready_after_hours: hours = 0 }: DaysPlan,
  cleared: readonly string[],
): Promise<IntentSlices> {
  const { intent } = of
  const wanted = new Set([...late, ...days])
  const lines = await linesByDay(store, intent, (day) => wanted.has(day))
  const by = await measuredBy(store, of)
  const judge = judgingWith(store.verdicts, 'search')
  const recorded = new RecordedRuns(store.objects)
  const known = await knownSlices(store, late, prior)
  const beside = await besideOf(store, intent, cleared)
  const slices: IntentSlices = { intent, days: {}, late: {} }
  for (const day of late) {
    const was = known.get(`${day} ${intent}`)
    if (was === undefined) continue
    const bare = await rowsOf(recorded, lines.get(day) ?? [], by, judge)
    // A day of an earlier version is held to what that version counted.
    const rows = was.cadence === 'daily.v1' ? bare : beside(day, saidUntil(days[0]!, hours), bare)
    // Under another suite the same runs measure otherwise: that is no late run, and nothing to judge again.
    if (!(await isOfTheseRuns(store, day, intent, was.slice, rows)))
      slices.late[day] = await keepRows(store, day, intent, rows)
  }
  for (const day of days) {
    const bare = await rowsOf(recorded, lines.get(day) ?? [], by, judge)
    slices.days[day] = await keepRows(store, day, intent, beside(day, saidUntil(day, hours), bare))
  }
  return slices
}

async function isOfTheseRuns(
  store: Pick<Store, 'objects'>,
  day: string,
  intent: string,
  { rows }: Slice,
  now: readonly SliceRow[],
): Promise<boolean> {
  const old = await keptRows(store, day, intent, rows)
  return old !== null && old.map(saidOf).sort().join() === now.map(saidOf).sort().join()
}

/** A run, and what is known of it beside what it measured. */
const saidOf = ({ run_id, later, production }: SliceRow): string =>
  canonical([run_id, later ?? null, production ?? null])

/** A slice, and the version of the day that it is of. */
type KnownSlice = { readonly slice: Slice } & Pick<DailyCadence, 'cadence'>

/**
 * What is known of the slices of some judged days by now, by day and intent: as they were judged, or as a later day up to
 * `prior` revised them.
 */
export async function knownSlices(
  store: Pick<Store, 'objects'>,
  late: readonly string[],
  prior: string | null,
): Promise<Map<string, KnownSlice>> {
  const known = new Map<string, KnownSlice>()
  const [from] = late
  if (from === undefined || prior === null) return known
  for (const day of (await judgedDays(store)).filter((day) => day >= from && day <= prior)) {
    const { cadence, intents, revised } = await readDay(store, day)
    for (const { intent, slice } of intents) known.set(`${day} ${intent}`, { slice, cadence })
    for (const { date, intent, now } of revised) {
      const was = known.get(`${date} ${intent}`)
      if (was) known.set(`${date} ${intent}`, { ...was, slice: now })
    }
  }
  return known
}
