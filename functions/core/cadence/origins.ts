/** What came of the candidates of each generator: fates by origin over the last quarter. */
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { Fate } from '#schemas/candidate.ts'
import type { Verdict } from '#schemas/run.ts'
import type { OriginRow } from '#schemas/weekly.ts'
import { byCodeUnit } from '../canonical.ts'
import { dayAfter } from './days.ts'

/** Candidates of a run that have origin, fate and changed paths in common. */
export interface CandidateGroup {
  readonly origin: string | null
  readonly fate: Fate
  readonly paths: readonly string[]
  readonly n: number
}

/** A run that searched, with its candidates in groups. */
export interface SearchedRun {
  readonly run_id: string
  /** When it ended. */
  readonly ended: string
  readonly verdict: Verdict
  readonly groups: readonly CandidateGroup[]
}

type Fates = OriginRow['fates']

/** Fates of some groups, counted. */
export function fatesOf(groups: readonly CandidateGroup[]): Fates {
  const fates: Fates = {}
  for (const { fate, n } of groups) fates[fate] = (fates[fate] ?? 0) + n
  return fates
}

/** Did the sealed set certify a change? The winner was, too. */
export const isCertified = (fate: Fate): boolean => fate === 'certified' || fate === 'won'

/** One row for each origin of the quarter that ends on a day, in the order of their names; the one without a name first. */
export function originRows(runs: readonly SearchedRun[], date: string): OriginRow[] {
  const recent = runs.filter(({ ended }) => ended >= dayAfter(date, 1 - QUARTER_DAYS))
  const names = new Set(recent.flatMap(({ groups }) => groups.map(({ origin }) => origin)))
  return [...names]
    .sort((a, b) => byCodeUnit(a ?? '', b ?? ''))
    .map((origin) => {
      const own = recent
        .map((run) => ({ ...run, groups: run.groups.filter((group) => group.origin === origin) }))
        .filter(({ groups }) => groups.length > 0)
      const groups = own.flatMap((run) => run.groups)
      const certified = own.filter((run) => run.groups.some(({ fate }) => isCertified(fate)))
      return {
        origin,
        runs: own.length,
        candidates: groups.reduce((sum, { n }) => sum + n, 0),
        fates: fatesOf(groups),
        last_certified:
          certified
            .map(({ ended }) => ended.slice(0, 10))
            .sort(byCodeUnit)
            .at(-1) ?? null,
      }
    })
}
