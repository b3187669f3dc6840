/** A learned edge: the median of the daily means of a period, to be put into the bands by people. */
import { type Band, LEAST_LEARNED_DAYS } from '#schemas/bands.ts'
import type { SliceRow } from '#schemas/cadence.ts'
import { inUnit, meanOf, valuesOf } from './slice.ts'

/** Daily means of a band's metric, in the unit of the metric; null: the day has no runs of it, or a family lacks the measure. */
export const dailyMeans = (days: readonly (readonly SliceRow[])[], band: Band): (number | null)[] =>
  days.map((rows) => {
    const { values, missing } = valuesOf(rows, band)
    const mean = meanOf(values)
    return mean === null || missing > 0 ? null : inUnit(mean, band)
  })

/** Median of the daily means; null: fewer than 14 days were measured whole, and say nothing of how days differ. */
export const learnedMedian = (means: readonly (number | null)[]): number | null => {
  const known = means.filter((mean) => mean !== null)
  return known.length < LEAST_LEARNED_DAYS ? null : medianOf(known)
}

/** The middle value; of an even number the mean of both. Null: there is none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
