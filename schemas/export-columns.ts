/** What a table of `autotune export` and its columns are made of. */

/** Types that JSON, DuckDB and Trino share; moments are text, ISO 8601 in UTC, so that text order is time order. */
export type ColumnType = 'string' | 'bigint' | 'double' | 'boolean'

/** A column; `unit`: of a number. Whatever is no part of the key may be null: not measured, or not there. */
interface ExportColumn {
  readonly type: ColumnType
  readonly about: string
  readonly unit?: string
}

/** A table: one document a line, one file a day and intent. */
export interface ExportTable {
  readonly about: string
  /** Columns that name a row, within its day and intent. */
  readonly key: readonly string[]
  /** What its day is. */
  readonly day: string
  /** `--since` leaves earlier days as they are; false: rows change later, so all of it is written. */
  readonly since: boolean
  readonly columns: Readonly<Record<string, ExportColumn>>
}

/** A column of text. */
export const text = (about: string) => ({ type: 'string', about }) as const
/** A column of whole numbers, in a unit. */
export const count = (about: string, unit: string) => ({ type: 'bigint', about, unit }) as const
/** A column of numbers, in a unit. */
export const number = (about: string, unit: string) => ({ type: 'double', about, unit }) as const
/** A column of yes or no. */
export const flag = (about: string) => ({ type: 'boolean', about }) as const
