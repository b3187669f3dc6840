/** Which days of the routine were judged, and which are to be: every one that is ready, in order, once. */
import { dayAfter, daysBetween, newestReady } from '#core/cadence/days.ts'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence } from '#schemas/cadence.ts'
import type { DaysPlan } from '#schemas/cadence-payloads.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { datesUnder } from '../store/dates.ts'
import { measuredBy } from './slice-rows.ts'

/** Days that a routine which stood still catches up on in one go; more are a mistake of the clock or of --date. */
const MOST_CAUGHT_UP = 366

/** Days that were judged, in order. */
export const judgedDays = (store: Pick<Store, 'objects'>): Promise<string[]> => datesUnder(store, keys.dailyCadences())

/** A judged day. Throws UserError where it is gone. */
export async function readDay({ objects }: Pick<Store, 'objects'>, day: string): Promise<DailyCadence> {
  const key = keys.dailyCadence(day)
  const read = await readJson<DailyCadence>(objects, key)
  if (read === null) throw new UserError(`${day} was not judged: "autotune cadence daily" judges days in order`)
  if (!['daily.v1', 'daily.v2'].includes(read.cadence) || read.date !== day)
    throw new DamagedObject(key, 'it is no judged day')
  return read
}

/**
 * Days that are to be judged, oldest first: those after the last judged one up to the newest that is ready, or up to the
 * asked one. None judged yet: the asked one, or the newest that is ready.
 */
export function daysToJudge(judged: readonly string[], ready: string, asked: string | null): string[] {
  const last = judged.at(-1) ?? null
  if (asked !== null && asked > ready)
    throw new UserError(
      `${asked} is still open: the newest day that is ready is ${ready} (ready_after_hours of the bands)`,
    )
  if (last !== null && asked !== null && asked < last && !judged.includes(asked))
    throw new UserError(
      `${asked} lies before ${last}, which was judged: days are judged in order, so that no day is judged with what came after it`,
    )
  if (last !== null && last > ready)
    throw new UserError(
      `${last} was judged, and by this clock ${ready} is the newest day that is ready: the clock was set back. Nothing was judged`,
    )
  const to = asked ?? ready
  const from = last === null ? to : dayAfter(last)
  if (daysBetween(from, to) > MOST_CAUGHT_UP)
    throw new UserError(
      `${daysBetween(from, to)} days lie between ${last} and ${to}: did the clock jump? Name the days one by one with --date, at most ${MOST_CAUGHT_UP} ahead`,
    )
  const days: string[] = []
  for (let day = from; day <= to; day = dayAfter(day)) days.push(day)
  return days
}

/**
 * What is to be judged now, and which judged days are looked at again.
 * @param asked the last day to judge; null: the newest that is ready
 * @param atOnce days at most; the next ones are planned when these are judged
 * @throws UserError for a day that cannot be judged, and for bands that are measured by what the store does not hold
 */
export async function planDays(
  store: Pick<Store, 'objects' | 'clock'>,
  bands: Bands,
  asked: string | null,
  atOnce = Number.POSITIVE_INFINITY,
): Promise<DaysPlan> {
  const { ready_after_hours: hours, revised_for_days: revisedFor, intents } = bands
  const judged = await judgedDays(store)
  const wanted = daysToJudge(judged, newestReady(store.clock.now(), hours), asked)
  const days = wanted.slice(0, atOnce)
  const [next] = days
  if (next !== undefined) for (const of of intents) await measuredBy(store, of)
  return {
    days,
    late: next === undefined ? [] : judged.filter((day) => daysBetween(day, next) <= revisedFor),
    prior: judged.at(-1) ?? null,
    first: judged[0] ?? next ?? null,
    more: days.length < wanted.length,
    ready_after_hours: hours,
  }
}
