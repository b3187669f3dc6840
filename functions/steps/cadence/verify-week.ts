/** Recomputes a week from the runs, reviews and rollouts on record, and the week before. */
import { entriesOf } from '#core/cadence/funnel.ts'
import { type IntentRecords, reviewWeek, weeklyText } from '#core/cadence/weekly.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { ERASED_TEXT } from '#core/experience/without-names.ts'
import type { Bands } from '#schemas/bands.ts'
import type { FunnelEntry, IntentWeek, WeeklyCadence } from '#schemas/weekly.ts'
import type { Store } from '../../ports.ts'
import { scarsOfWeek } from '../run/scars.ts'
import { erasuresOf } from '../store/erasures.ts'
import { recordsUntil } from './week-records.ts'
import { readWeek, reviewedWeeks } from './weekly.ts'

/** What was compared of a week, and what differs, in words; empty where it holds. */
export interface WeekVerification {
  readonly date: string
  readonly intents: number
  readonly proposals: number
  readonly problems: readonly string[]
}

/**
 * Verifies a week: the chain of its own accord, and with the bands that it was looked at by all that it says. What came later is
 * looked past. Null: that week was not looked at.
 */
export async function verifyWeek(store: Store, date: string, bands: Bands | null): Promise<WeekVerification | null> {
  const week = await readWeek(store, date)
  if (week === null) return null
  const weeks = await reviewedWeeks(store)
  const at = weeks.indexOf(date)
  const prior = at <= 0 ? null : await readWeek(store, weeks[at - 1]!)
  const chained = prior && digestOfBytes(weeklyText(prior))
  const erasures = await erasuresOf(store)
  const isChained = week.prior === chained || (week.prior !== null && erasures.explains(week.prior, chained) !== null)
  const problems = isChained
    ? []
    : [
        prior === null
          ? `it follows a week ${week.prior} that is not in this store`
          : `it does not follow the week until ${prior.date} as that lies here: one of the two was changed`,
      ]
  if (bands) problems.push(...(await recomputed(store, week, prior, bands, erasures.count)))
  return {
    date,
    intents: week.intents.length,
    proposals: week.intents.reduce((sum, { funnel }) => sum + entriesOf(funnel).length, 0),
    problems,
  }
}

async function recomputed(
  store: Store,
  week: WeeklyCadence,
  prior: WeeklyCadence | null,
  bands: Bands,
  erasures: number,
): Promise<string[]> {
  if (digestOf(bands) !== week.bands)
    return [`it was looked at by other bands (${week.bands.slice(0, 15)}): give those with --bands`]
  const entries = week.intents.flatMap(({ funnel }) => funnel.entries)
  const logRuns = (run: string): number | null => entries.find(({ run_id }) => run_id === run)?.gain?.log_runs ?? null
  const records = await recordsUntil(store, week.date, bands.intents, logRuns)
  const others = new Map<string, Pick<IntentRecords, 'refresh' | 'scars'>>()
  // What there was to seal is known of no day but that one.
  for (const { intent, refresh, scars } of week.intents) {
    const now = await scarsOfWeek(store, intent, week)
    // Scars of erased runs are gone with them, and nothing is left to compare them with.
    others.set(intent, { refresh, scars: erasures > 0 && now.scars < scars.scars ? scars : now })
  }
  const found = reviewWeek(week.date, bands, prior, (intent) => ({ ...records.get(intent)!, ...others.get(intent)! }))
  const again = erasures === 0 ? found : asErased(found, week)
  const problems = again.intents.flatMap((of, i) => differences(week.intents[i], of))
  return problems.length === 0 && weeklyText(again) !== weeklyText(week)
    ? ['its days are not those that follow the week before']
    : problems
}

/** A week as it is recomputed, with the words and the chain that an erasure left of it. */
const asErased = (found: WeeklyCadence, left: WeeklyCadence): WeeklyCadence => ({
  ...(withErasedWords(found, left) as WeeklyCadence),
  prior: left.prior,
})

/** A value with "erased" as what it says wherever the other one says so at the same place. */
function withErasedWords(found: unknown, left: unknown): unknown {
  if (typeof found !== 'object' || found === null) return found
  if (Array.isArray(found)) return found.map((one, at) => withErasedWords(one, (left as unknown[] | undefined)?.[at]))
  const there = (left ?? {}) as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(found).map(([key, one]) =>
      key === 'says' && there[key] === ERASED_TEXT ? [key, ERASED_TEXT] : [key, withErasedWords(one, there[key])],
    ),
  )
}

/** What of an intent is not what the records come to; of its funnel each proposal by its run, or by its own id. */
function differences(was: IntentWeek | undefined, is: IntentWeek): string[] {
  if (was?.intent !== is.intent) return [`${is.intent} is not where the bands have it`]
  if (canonical(was) === canonical(is)) return []
  const others = [
    ...differing(was.funnel.entries, is.funnel.entries).map((run) => `run ${run}`),
    ...differing(was.funnel.not_certified_by_replay?.entries, is.funnel.not_certified_by_replay?.entries).map(
      (id) => `proposal ${id}`,
    ),
  ]
  return others.length > 0
    ? others.map((what) => `${is.intent}: what it says of ${what} is not what its records come to`)
    : [`${is.intent}: its counts are not those of its records`]
}

/** Ids of entries that are not the same in both lists. */
function differing(was: readonly FunnelEntry[] = [], is: readonly FunnelEntry[] = []): string[] {
  const entryOf = (list: readonly FunnelEntry[], id: string) => list.find(({ run_id }) => run_id === id) ?? null
  const ids = new Set([...was, ...is].map(({ run_id }) => run_id))
  return [...ids].filter((id) => canonical(entryOf(was, id)) !== canonical(entryOf(is, id)))
}
