/** Lines of an export and the names of its files: pure, so that the same store is the same bytes. */
import { byCodeUnit, canonical } from '#core/canonical.ts'
import type { ColumnType, ExportTable } from '#schemas/export-columns.ts'
import { EXPORT_MONTHS, EXPORT_TABLES, type ExportRow } from '#schemas/export-tables.ts'
import { segment } from '#schemas/s3-keys.ts'

/** Tables by name, without what is known of each. */
export const TABLES: Readonly<Record<string, ExportTable>> = EXPORT_TABLES

/** Month that a day lies under: its own, and for days before or after all that Athena looks at the first or the last of them. */
export const monthOf = (day: string): string => {
  const [month, { first, last }] = [day.slice(0, 7), EXPORT_MONTHS]
  return month < first ? first : month > last ? last : month
}

/** Where the rows of a table, day and intent lie. */
export const partKey = ({ table, day, intent }: Pick<ExportRow, 'table' | 'day' | 'intent'>): string =>
  `${table}/month=${monthOf(day)}/day=${day}/intent=${segment(intent)}/part.jsonl`

const PART = /^([a-z_]+)\/month=(\d{4}-\d\d)\/day=(\d{4}-\d\d-\d\d)\/intent=([^/]+)\/part\.jsonl$/

/** Table, day and intent (as it stands in the key) of a file of an export; null: it is none. */
export function partOf(key: string): { readonly table: string; readonly day: string; readonly intent: string } | null {
  const [, table, month, day, intent] = PART.exec(key) ?? []
  return table !== undefined && table in TABLES && month === monthOf(day!)
    ? { table, day: day!, intent: intent! }
    : null
}

const IS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bigint: Number.isSafeInteger,
  double: Number.isFinite,
  boolean: (value) => typeof value === 'boolean',
}

/**
 * One row as its line: day, intent and columns in code-unit order. Throws RangeError for what the table does not declare: an
 * artifact of another version would otherwise be told as something that it does not say.
 */
export function exportLine({ table, day, intent, values }: ExportRow): string {
  const { columns, key } = TABLES[table]!
  const given: Readonly<Record<string, unknown>> = values
  const names = Object.keys(given)
  const missing = Object.keys(columns).find((name) => !names.includes(name))
  const wrong = names.find((name) => {
    const column = columns[name]
    const value = given[name]
    return column === undefined || (value === null ? key.includes(name) : !IS[column.type](value))
  })
  if (missing !== undefined || wrong !== undefined)
    throw new RangeError(
      `table ${table}: ${missing === undefined ? `column ${wrong} cannot hold ${canonical(given[wrong!] ?? null)}` : `column ${missing} is missing`}`,
    )
  return canonical({ day, intent, ...given })
}

const DIGITS = 16

/** A row among those of its file: by its key, numbers by their size. */
export const rowOrder = ({ table, values }: ExportRow): string =>
  TABLES[table]!.key.map((name) => {
    const value = (values as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'number' ? String(value).padStart(DIGITS, '0') : String(value)
  }).join('\u0000')

const DUCKDB: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
}

/** Statements that make each table a view in DuckDB, started in the folder of the export. `filled`: tables that have a file. */
export function duckdbViews(filled: ReadonlySet<string>): string {
  const views = Object.entries(TABLES)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([name, { columns }]) => {
      const all = [
        ['day', 'VARCHAR'],
        ['intent', 'VARCHAR'],
      ].concat(Object.entries(columns).map(([column, { type }]) => [column, DUCKDB[type]]))
      const source = filled.has(name)
        ? `read_json('${name}/*/*/*/part.jsonl', format = 'newline_delimited', hive_partitioning = false, columns = {${all.map(([column, type]) => `${column}: '${type}'`).join(', ')}})`
        : // A pattern that no file matches is an error there.
          `(SELECT ${all.map(([column, type]) => `CAST(NULL AS ${type}) AS ${column}`).join(', ')}) WHERE false`
      return `CREATE OR REPLACE VIEW ${name} AS SELECT * FROM ${source};\n`
    })
  return `-- Written by "autotune export". In this folder: duckdb -init tables.sql\n${views.join('')}`
}
