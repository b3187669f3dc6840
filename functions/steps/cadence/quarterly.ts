/** The quarterly routine: looks back on a quarter that is over, once, keeps what it saw, and recomputes it. */
import { newestReady } from '#core/cadence/days.ts'
import { quarterlyText, reviewQuarter } from '#core/cadence/quarterly.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { Bands } from '#schemas/bands.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { keepDated, needDated } from '../heads/dated.ts'
import { datesUnder } from '../store/dates.ts'
import { quarterUntil } from './quarter-records.ts'

/** Last days of the quarters that were looked at, in order. */
export const reviewedQuarters = (store: Pick<Store, 'objects'>): Promise<string[]> =>
  datesUnder(store, keys.quarterlyCadences())

/** A quarter by its last day; null: it was not looked at. */
export async function readQuarter({ objects }: Pick<Store, 'objects'>, date: string): Promise<QuarterlyCadence | null> {
  const key = keys.quarterlyCadence(date)
  const read = await readJson<QuarterlyCadence>(objects, key)
  if (read !== null && (read.cadence !== 'quarterly.v1' || read.date !== date))
    throw new DamagedObject(key, 'it is no quarter of the routine')
  return read
}

/** Looks back until a day, the last one that is over where none is named. A quarter that was looked at is read. */
export async function reviewQuarterUntil(
  store: Store,
  bands: Bands,
  asked: string | null,
  suite: string | null,
): Promise<QuarterlyCadence> {
  const over = newestReady(store.clock.now(), 0)
  const date = asked ?? over
  if (date > over) throw new UserError(`${date} is not over yet: the last day that is over is ${over}`)
  const before = await reviewedQuarters(store)
  const last = before.at(-1)
  if (!before.includes(date)) {
    if (last !== undefined && date < last)
      throw new UserError(
        `${date} lies before ${last}, until which the quarters were looked at: they follow each other, so that none says what came after it`,
      )
    await needDated(store, 'quarterly')
    const prior = last === undefined ? null : await readQuarter(store, last)
    const records = await quarterUntil(store, date, bands.intents, suite)
    const quarter = reviewQuarter(date, bands, prior, (intent) => records.get(intent)!)
    await keepDated(store, 'quarterly', date, quarterlyText(quarter))
  }
  return (await readQuarter(store, date))!
}

/**
 * Last days of the quarters of the calendar that are over and were not looked at, in order; where none was looked at, the newest.
 * @param over the last day that is over
 */
export function quartersToReview(reviewed: readonly string[], over: string): string[] {
  const last = reviewed.at(-1) ?? null
  const year = Number((last ?? over).slice(0, 4))
  const ends: string[] = []
  for (let y = year - 1; y <= Number(over.slice(0, 4)); y++)
    for (const end of QUARTER_ENDS) if (`${y}-${end}` <= over) ends.push(`${y}-${end}`)
  return last === null ? ends.slice(-1) : ends.filter((end) => end > last)
}

const QUARTER_ENDS = ['03-31', '06-30', '09-30', '12-31'] as const

/** What was compared of a quarter, and what differs, in words. Null: it was not looked at. */
export async function verifyQuarter(
  store: Store,
  date: string,
  bands: Bands | null,
): Promise<{ readonly date: string; readonly intents: number; readonly problems: readonly string[] } | null> {
  const quarter = await readQuarter(store, date)
  if (quarter === null) return null
  const all = await reviewedQuarters(store)
  const before = all[all.indexOf(date) - 1]
  const prior = before === undefined ? null : await readQuarter(store, before)
  const problems: string[] = []
  if (quarter.prior !== (prior && digestOfBytes(quarterlyText(prior))))
    problems.push('it does not follow the quarter before it as that lies here: one of the two was changed')
  if (bands && digestOf(bands) !== quarter.bands)
    problems.push(`it was looked at by other bands (${quarter.bands.slice(0, 15)}): give those with --bands`)
  else if (bands) {
    const records = await quarterUntil(store, date, bands.intents, null)
    // Recorded runs of its days may have come later: what two suites said of them is known of that day alone.
    const rebaselineOf = (intent: string) => quarter.intents.find((of) => of.intent === intent)?.rebaseline ?? null
    const again = reviewQuarter(date, bands, prior, (intent) => ({
      ...records.get(intent)!,
      rebaseline: rebaselineOf(intent),
    }))
    for (const [i, of] of again.intents.entries())
      if (canonical(of) !== canonical(quarter.intents[i]))
        problems.push(`${of.intent}: what it says is not what its ledger, runs and recorded cases come to`)
    if (problems.length === 0 && quarterlyText(again) !== quarterlyText(quarter))
      problems.push('the sum of the year is not that of its intents')
  }
  return { date, intents: quarter.intents.length, problems }
}
