/** The series of an intent on one day: each edge of each band with its detector, from the day before to this one. */
import { bandMetricOf, edgeAt, LEAST_WEEKS, QUARTER_DAYS, WEEKDAYS } from '#schemas/band-metrics.ts'
import type { Band, Bands, Edge } from '#schemas/bands.ts'
import type { SeriesDay, SliceRow } from '#schemas/cadence.ts'
import { digestOf } from '../canonical.ts'
import { isAtLeast, isAtMost, isBelow } from '../statistics/compare.ts'
import { afterDay, betsOn, evidenceOf, FRESH, type Side, thresholdOf } from '../statistics/e-detector.ts'
import { daysBetween, weekdayOf } from './days.ts'
import { type FamilyValues, inUnit, meanOf, valuesOf } from './slice.ts'

const SIDES: readonly Side[] = ['below', 'above']
/** Weight of the day in the line for the eye. */
const EWMA = 0.2
/** Share of families that may lack a measure. */
const MAX_MISSING = 0.02

/** An edge that is watched. */
interface Watched {
  readonly band: Band
  readonly side: Side
}

/** Edges of a band that are watched: of a quantile the share above its limit, whether an edge is given or not. */
export function watchedOf(band: Band): Watched[] {
  const { aboveLimit } = bandMetricOf(band.metric)
  return SIDES.filter((side) => band[side] !== undefined || (side === 'above' && aboveLimit !== undefined)).map(
    (side) => ({ band, side }),
  )
}

/** How many edges some bands watch together, and the evidence at which one of them has moved. */
export function alarmOf({
  intents,
  false_alarms_per_quarter: alarms,
}: Pick<Bands, 'intents' | 'false_alarms_per_quarter'>) {
  const series = intents.flatMap(({ bands }) => bands.flatMap(watchedOf)).length
  return { series, threshold: thresholdOf(series, alarms, QUARTER_DAYS) }
}

/** The day before of one intent, as far as its series go on from it. */
export interface Before {
  readonly series: readonly SeriesDay[]
  /** Series that begin anew: those for which the day before queued a run, and all of them where another tuple is in force. */
  readonly anew: readonly Pick<SeriesDay, 'metric' | 'side'>[]
  /** First day that was judged: bands of a weekday count from it. */
  readonly first: string
}

/** Every series of an intent after a day. */
export const seriesOf = (
  date: string,
  bands: readonly Band[],
  rows: readonly SliceRow[],
  before: Before | null,
  threshold: number,
): SeriesDay[] =>
  bands.flatMap((band) => {
    const families = valuesOf(rows, band)
    return watchedOf(band).map((watched) => seriesDay(date, watched, families, before, threshold))
  })

function seriesDay(
  date: string,
  { band, side }: Watched,
  { values, missing }: FamilyValues,
  before: Before | null,
  threshold: number,
): SeriesDay {
  const { metric } = band
  const pinned = digestOf({
    metric,
    side,
    range: band.range ?? null,
    limit: band.limit ?? null,
    edge: band[side] ?? null,
    weekdays: band.weekdays ?? null,
  })
  const same = ({ metric: m, side: s }: Pick<SeriesDay, 'metric' | 'side'>): boolean => m === metric && s === side
  const last = before?.series.find((one) => same(one) && one.pinned === pinned) ?? null
  const begun = last !== null && before !== null && !before.anew.some(same)
  const detector = begun ? last.detector : FRESH
  const since = begun ? last.moved_since : null
  const edge = edgeOn(date, { band, side }, before)
  const [low, high] = band.range ?? [0, 1]
  const mean = meanOf(values)
  const shown = { metric, side, edge: edge.at, declared: edge.declared, families: values.length, pinned }
  const unmeasured = !isAtMost(missing, (band.max_missing ?? MAX_MISSING) * (missing + values.length))
  if (mean === null || unmeasured)
    return {
      ...shown,
      state: unmeasured ? 'not_measured' : since === null ? 'no_runs' : 'moved',
      mean: null,
      ewma: last?.ewma ?? null,
      evidence: evidenceOf(detector),
      moved_since: since,
      detector: [...detector],
    }
  const after = afterDay(detector, betsOn(values, (edge.at - low) / (high - low), side))
  const evidence = evidenceOf(after)
  const moved = since ?? (isBelow(evidence, threshold) ? null : date)
  const real = inUnit(mean, band)
  const smooth = last?.ewma == null ? real : EWMA * real + (1 - EWMA) * last.ewma
  return {
    ...shown,
    state: moved === null ? 'in_band' : 'moved',
    mean: real,
    ewma: smooth,
    evidence,
    moved_since: moved,
    detector: [...after],
  }
}

/** The edge in force on a day: that of its weekday where one is declared and eight weeks are behind it. */
function edgeOn(date: string, { band, side }: Watched, before: Before | null): { at: number; declared: boolean } {
  const ofWeekday = band.weekdays?.[WEEKDAYS[weekdayOf(date)]!]?.[side]
  const hasWeeks = before !== null && isAtLeast(daysBetween(before.first, date), LEAST_WEEKS * 7)
  const { aboveLimit } = bandMetricOf(band.metric)
  const edge: Edge = (hasWeeks ? ofWeekday : undefined) ?? band[side] ?? aboveLimit ?? 1
  return { at: edgeAt(edge, side), declared: typeof edge === 'number' }
}
