/** The weekly routine: looks back on a week that is over, once, and keeps what it saw. */
import { dayAfter, daysBetween, newestReady } from '#core/cadence/days.ts'
import { endOf, type Week } from '#core/cadence/funnel.ts'
import { type IntentRecords, reviewWeek, weeklyText, weekUntil } from '#core/cadence/weekly.ts'
import type { Bands } from '#schemas/bands.ts'
import { keys } from '#schemas/s3-keys.ts'
import { type Refresh, WeeklyCadence } from '#schemas/weekly.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { keepDated, needDated } from '../heads/dated.ts'
import { scarsOfWeek } from '../run/scars.ts'
import { datesUnder } from '../store/dates.ts'
import { refreshOf } from './refresh.ts'
import { noteScars } from './scars.ts'
import { recordsUntil } from './week-records.ts'

/** Last days of the weeks that were looked at, in order. */
export const reviewedWeeks = (store: Pick<Store, 'objects'>): Promise<string[]> =>
  datesUnder(store, keys.weeklyCadences())

/** A week by its last day; null: it was not looked at. */
export async function readWeek({ objects }: Pick<Store, 'objects'>, date: string): Promise<WeeklyCadence | null> {
  const key = keys.weeklyCadence(date)
  const read = await readJson<unknown>(objects, key)
  if (read === null) return null
  const week = WeeklyCadence.safeParse(read)
  if (!week.success || week.data.date !== date) throw new DamagedObject(key, 'it is no week of the routine')
  return week.data
}

/** Days of weeks that were missed and are looked at as one without being told to. */
const MOST_LOOKED_BACK = 92

/**
 * The last day of the week to look back on; null: the next one is not over yet. Throws UserError for a day that is not over, or
 * lies before a week that was looked at.
 */
export function weekToReview(weeks: readonly string[], now: string, asked: string | null): string | null {
  const over = newestReady(now, 0)
  const last = weeks.at(-1) ?? null
  if (last !== null && last > over)
    throw new UserError(
      `the week until ${last} was looked at, and by this clock ${over} is the last day that is over: the clock was set back. Nothing was written`,
    )
  if (asked !== null && asked > over)
    throw new UserError(`${asked} is not over yet: the last day that is over is ${over}`)
  if (asked !== null && weeks.includes(asked)) return null
  if (asked !== null && last !== null && asked < last)
    throw new UserError(
      `${asked} lies before ${last}, until which the weeks were looked at: they follow each other, so that none says what came after it`,
    )
  if (asked !== null) return asked
  if (last !== null && daysBetween(last, over) > MOST_LOOKED_BACK)
    throw new UserError(
      `${daysBetween(last, over)} days lie between ${last}, until which the weeks were looked at, and ${over}: did the clock jump? Then set it right (in a folder, remove ledger.sqlite-clock too); if it is right, name the last day with --date ${over}`,
    )
  return last !== null && dayAfter(last, 7) > over ? null : over
}

/**
 * Looks back on a week and keeps it. Killed anywhere and started again it leaves the same bytes.
 * @param refreshed what there is to seal, of whoever may see that
 */
export async function reviewWeekUntil(
  store: Store,
  bands: Bands,
  date: string,
  refreshed: (intent: string) => Promise<Refresh> = (intent) => refreshOf(store, intent),
): Promise<WeeklyCadence> {
  await needDated(store, 'weekly')
  const last = (await reviewedWeeks(store)).at(-1)
  const prior = last === undefined ? null : await readWeek(store, last)
  const records = await recordsUntil(store, date, bands.intents)
  const days = weekUntil(date, prior?.date ?? null)
  const others = new Map<string, Pick<IntentRecords, 'refresh' | 'scars'>>()
  for (const { intent } of bands.intents) {
    await noteScars(store, intent, { date, end: endOf(date), isRead: daysToRead(days, prior !== null, bands) })
    const refresh = await refreshed(intent)
    others.set(intent, { refresh, scars: await scarsOfWeek(store, intent, days) })
  }
  const week = reviewWeek(date, bands, prior, (intent) => ({ ...records.get(intent)!, ...others.get(intent)! }))
  await keepDated(store, 'weekly', date, weeklyText(week))
  return (await readWeek(store, date))!
}

/** Days whose runs may bring a scar: of the first week all until its end, later those of the week and what may come late. */
const daysToRead =
  ({ from, date }: Week, isLater: boolean, { revised_for_days: late }: Bands) =>
  (day: string | null): boolean =>
    day === null ? !isLater : day <= date && (!isLater || day >= dayAfter(from, -late))
