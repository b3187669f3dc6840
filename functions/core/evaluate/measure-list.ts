/** Measures of many cases as bytes: 52 a case, where an object takes some 150. */
import { eachMeasure } from '#schemas/measures.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { amount, type Column, flag, record } from '../bytes/columns.ts'
import type { Measures } from './scorecard.ts'

const COLUMNS = { flag, share: amount, amount, count: amount } as const

/** Measures as a record. */
export const MEASURES_COLUMN = record(eachMeasure(({ kind }) => COLUMNS[kind])) as Column<unknown> as Column<Measures>

export type MeasureList = ByteList<Measures>

/** An empty list. */
export const measureList = (): MeasureList => new ByteList(MEASURES_COLUMN)
