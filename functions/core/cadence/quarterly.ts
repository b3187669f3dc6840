/** A quarter of the routine, from what was gathered of each intent. Nothing else is read. */

import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { Bands } from '#schemas/bands.ts'
import type { Fate } from '#schemas/candidate.ts'
import type { IntentQuarter, QuarterlyCadence, Rebaseline, StaleGenerator } from '#schemas/quarterly.ts'
import { canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { dayAfter } from './days.ts'
import { type LimitedRun, limitRows } from './limits.ts'
import { originRows, type SearchedRun } from './origins.ts'
import { type AskedQuestion, yearBudget } from './year-budget.ts'

/** What is known of an intent by the end of a quarter. */
export interface QuarterRecords {
  readonly asked: readonly AskedQuestion[]
  readonly limited: readonly LimitedRun[]
  /** Those that searched in the last two quarters. */
  readonly searched: readonly SearchedRun[]
  readonly rebaseline: Rebaseline | null
}

/** The bytes of a quarter, as they are kept. */
export const quarterlyText = (quarter: QuarterlyCadence): string => `${canonical(quarter)}\n`

/** Looks back on a quarter. `prior`: the quarter before; null: none was looked at. */
export function reviewQuarter(
  date: string,
  bands: Bands,
  prior: QuarterlyCadence | null,
  recordsOf: (intent: string) => QuarterRecords,
): QuarterlyCadence {
  const intents = bands.intents.map(({ intent }): IntentQuarter => {
    const { asked, limited, searched, rebaseline } = recordsOf(intent)
    return {
      intent,
      year: yearBudget(asked, date),
      limits: limitRows(intent, limited, bands.signed_limits ?? [], date),
      stale: staleGenerators(searched, date),
      rebaseline,
    }
  })
  return {
    cadence: 'quarterly.v1',
    date,
    prior: prior && digestOfBytes(quarterlyText(prior)),
    bands: digestOf(bands),
    year_spent: intents.reduce((sum, { year }) => sum + year.spent, 0),
    year_budget: bands.error_budget_per_year ?? null,
    intents,
  }
}

/** Fates of what was known before it was proposed. */
const KNOWN: readonly Fate[] = ['remembered', 'dominated', 'inert']

/** Generators of which nothing was certified in this quarter and the one before, and most of whose candidates were known. */
function staleGenerators(searched: readonly SearchedRun[], date: string): StaleGenerator[] {
  const middle = dayAfter(date, 1 - QUARTER_DAYS)
  const earlierRuns = searched.filter(({ ended }) => ended < middle)
  const before = originRows(earlierRuns, dayAfter(date, -QUARTER_DAYS))
  return originRows(searched, date).flatMap(({ origin, candidates, fates, last_certified }) => {
    const earlier = before.find((row) => row.origin === origin)
    const known = KNOWN.reduce((sum, fate) => sum + (fates[fate] ?? 0), 0) / candidates
    const isStale = last_certified === null && earlier !== undefined && earlier.last_certified === null && known > 0.5
    return isStale ? [{ origin, candidates, known_before: known, last_certified }] : []
  })
}
