/** The rows of a day, counted, and as values of a band: one a family, since runs of one family are one conversation. */
import { bandMetricOf } from '#schemas/band-metrics.ts'
import type { Band } from '#schemas/bands.ts'
import type { Slice, SliceRow } from '#schemas/cadence.ts'
import { isFlag } from '#schemas/measures.ts'
import { byCodeUnit, canonical, digestOfBytes } from '../canonical.ts'
import { isAtMost } from '../statistics/compare.ts'
import { flagOf, measured, ownScore } from '../statistics/measured.ts'

/** Rows as the lines that lie beside a day, in the order of run ids. */
export const rowsText = (rows: readonly SliceRow[]): string =>
  [...rows]
    .sort((a, b) => byCodeUnit(a.run_id, b.run_id))
    .map((row) => `${canonical(row)}\n`)
    .join('')

/** A slice of its rows. `bands`: those of the intent, whose metrics are looked for. */
export function sliceOf(rows: readonly SliceRow[], bands: readonly Band[]): Slice {
  const missing = bands.map((band) => [band.metric, valuesOf(rows, band).missing] as const)
  return {
    rows: rows.length === 0 ? null : digestOfBytes(rowsText(rows)),
    runs: rows.length,
    families: new Set(rows.map((row) => row.family)).size,
    corrected: rows.filter(
      (row) => row.corrections.outcome > 0 || row.later === 'outcome' || row.production?.operator_corrected === true,
    ).length,
    disputed: rows.filter((row) => row.corrections.label_disputed > 0 || row.later === 'label_disputed').length,
    missing: Object.fromEntries(missing.filter(([, families]) => families > 0)),
    ...some('production', rows.filter((row) => row.production !== undefined).length),
    ...some('corrected_later', rows.filter((row) => row.later !== undefined).length),
  }
}

const some = (name: 'production' | 'corrected_later', n: number): Partial<Slice> => (n === 0 ? {} : { [name]: n })

/** Values of a metric, one a family, cut at the range of the band and put into 0..1; and families that lack it. */
export interface FamilyValues {
  readonly values: readonly number[]
  readonly missing: number
}

/** The families of some rows as values of a band, in the order of their hashes. One null run makes its family unknown. */
export function valuesOf(rows: readonly SliceRow[], band: Band): FamilyValues {
  const families = new Map<string, { sum: number; count: number; known: boolean }>()
  for (const row of rows) {
    const part = partOf(row, band)
    if (part?.count === 0) continue
    const family = families.get(row.family) ?? { sum: 0, count: 0, known: true }
    families.set(row.family, family)
    if (part === null) family.known = false
    else {
      family.sum += part.sum
      family.count += part.count
    }
  }
  const known = [...families].filter(([, { known }]) => known).sort(([a], [b]) => byCodeUnit(a, b))
  return { values: known.map(([, { sum, count }]) => sum / count), missing: families.size - known.length }
}

/** Mean of such values; null: there are none. */
export const meanOf = (values: FamilyValues['values']): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** A share of 0..1 in the unit of a band's metric. */
export function inUnit(share: number, { range }: Pick<Band, 'range'>): number {
  const [low, high] = range ?? [0, 1]
  return low + share * (high - low)
}

/** A run's part of a metric, each value in 0..1. A count of 0: nothing in the run is of that kind. Null: not measured. */
function partOf(row: SliceRow, { metric, range, limit }: Band): { sum: number; count: number } | null {
  const { measure, own, per, aboveLimit } = bandMetricOf(metric)
  if (own !== undefined) {
    const score = ownScore(own, row.measures)
    return score === null ? null : { sum: score, count: 1 }
  }
  if (measure === null) {
    const { corrections, later, production } = row
    if (production?.operator_corrected === null) return null
    const isCorrected =
      corrections.outcome + corrections.label_disputed > 0 || later !== undefined || production?.operator_corrected
    return { sum: isCorrected ? 1 : 0, count: 1 }
  }
  if (isFlag(measure)) {
    const flag = flagOf(measure, row.measures)
    return flag === null ? null : { sum: flag ? 1 : 0, count: 1 }
  }
  const value = measured(measure, row.measures)
  if (value === null) return null
  if (aboveLimit !== undefined) return { sum: isAtMost(value, limit!) ? 0 : 1, count: 1 }
  if (per !== undefined) {
    const count = isFlag(per) ? null : measured(per, row.measures)
    return count === null ? null : { sum: Math.min(value, count), count }
  }
  const [low, high] = range ?? [0, 1]
  return { sum: (Math.min(high, Math.max(low, value)) - low) / (high - low), count: 1 }
}
