/** A week of the routine, from what was gathered of each intent. Nothing else is read. */
import type { Bands } from '#schemas/bands.ts'
import type { IntentWeek, Refresh, ScarsOfWeek, WeeklyCadence } from '#schemas/weekly.ts'
import { canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { dayAfter } from './days.ts'
import { funnelOf, type PartFacts, type ProposalFacts, uncertifiedOf, type Week } from './funnel.ts'
import { originRows, type SearchedRun } from './origins.ts'
import { surfacesOf, surfacesToRetire, type Tried } from './retire.ts'

/** What is known of an intent by the end of a week. */
export interface IntentRecords {
  /** When each of its runs ended, refused ones among them. */
  readonly ended: readonly string[]
  readonly proposals: readonly ProposalFacts[]
  /** Of other producers, for parts that replay cannot judge. */
  readonly parts: readonly PartFacts[]
  /** Those that searched in the last two quarters. */
  readonly searched: readonly SearchedRun[]
  /** Pack of the latest run; null: none searched yet. */
  readonly pack: Tried['pack'] | null
  readonly refresh: Refresh
  readonly scars: ScarsOfWeek
}

/** The bytes of a week, as they are kept. */
export const weeklyText = (week: WeeklyCadence): string => `${canonical(week)}\n`

/** Days of a week that ends on a day: they begin where the week before ended. */
export const weekUntil = (date: string, prior: string | null): Week => ({
  from: prior === null ? dayAfter(date, -6) : dayAfter(prior),
  date,
})

/** Looks back on a week. `prior`: the week before; null: none was looked at. */
export function reviewWeek(
  date: string,
  bands: Bands,
  prior: WeeklyCadence | null,
  recordsOf: (intent: string) => IntentRecords,
): WeeklyCadence {
  const week = weekUntil(date, prior?.date ?? null)
  return {
    cadence: 'weekly.v1',
    ...week,
    prior: prior && digestOfBytes(weeklyText(prior)),
    bands: digestOf(bands),
    intents: bands.intents.map(({ intent }) => intentWeek(intent, week, recordsOf(intent), bands)),
  }
}

function intentWeek(
  intent: string,
  week: Week,
  { ended, proposals, parts, searched, pack, refresh, scars }: IntentRecords,
  { retire_after_rejections: rejections }: Bands,
): IntentWeek {
  const funnel = funnelOf(proposals, week)
  const uncertified = uncertifiedOf(parts, week)
  return {
    intent,
    runs: {
      ended: ended.length,
      this_week: ended.filter((at) => at >= `${week.from}T00:00:00.000Z`).length,
      without_proposal: ended.length - proposals.length,
    },
    funnel: { ...funnel, ...(uncertified && { not_certified_by_replay: uncertified }) },
    origins: originRows(searched, week.date),
    surfaces: pack ? surfacesOf(pack, intent).length : 0,
    retire: pack
      ? surfacesToRetire(intent, week.date, { pack, runs: searched, entries: funnel.entries }, rejections)
      : [],
    refresh,
    scars,
  }
}
