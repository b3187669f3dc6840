/** Measures of many cases as bytes: 60 a case, where an object takes some 150. */
import { eachMeasure, OWN_MEASURE } from '#schemas/measures.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { amount, type Column, flag, record, sometimes } from '../bytes/columns.ts'
import type { Measures } from './scorecard.ts'

const COLUMNS = { flag, share: amount, amount, count: amount } as const

/** Measures as a record. */
export const MEASURES_COLUMN = record({
  ...eachMeasure(({ kind }) => COLUMNS[kind]),
  [OWN_MEASURE]: sometimes(amount),
}) as Column<unknown> as Column<Measures>

export type MeasureList = ByteList<Measures>

/** An empty list. */
export const measureList = (): MeasureList => new ByteList(MEASURES_COLUMN)
