/** docs/export-tables.md, made of the list of tables of an export. */
import { TABLES } from '#core/export/lines.ts'
import type { ExportTable } from '#schemas/export-columns.ts'
import { ALL_INTENTS, EXPORT_MONTHS, NO_DAY } from '#schemas/export-tables.ts'

/** The page as markdown. */
export const exportReference = (): string => `# Tables of an export

Written by \`npm run reference\` from \`schemas/export-tables.ts\`, which \`autotune export\` and the views of \`tables.sql\` are made from too. What to ask them is on [the page of access patterns](access-patterns.md#the-store-in-sql).

A file is \`TABLE/month=YYYY-MM/day=YYYY-MM-DD/intent=INTENT/part.jsonl\`, one document a line, ordered by key. Files of a day before ${EXPORT_MONTHS.first} lie under that month, those of one after ${EXPORT_MONTHS.last} under that. Every table begins with \`day\` and \`intent\`: day \`${NO_DAY}\` means that none is on record, intent \`${ALL_INTENTS}\` that a row is of no single one. Types are those that DuckDB and Trino share. Moments are text, ISO 8601 in UTC, so that text order is time order. Whatever is not of the key may be null: not measured, or not there.

${Object.keys(TABLES)
  .map((name) => `[${name}](#${name})`)
  .join(' · ')}

${Object.entries(TABLES)
  .map(([name, table]) => section(name, table))
  .join('\n')}`

const section = (name: string, { about, key, day, since, columns }: ExportTable): string => `## ${name}

${about[0]!.toUpperCase()}${about.slice(1)}. Key: ${key.map((column) => `\`${column}\``).join(', ')}. Day: ${day}.${since ? ' `--since` leaves earlier days as they stand.' : ''}

| column | type | unit | what it says |
|---|---|---|---|
${Object.entries(columns)
  .map(([column, { type, unit, about: says }]) => `| \`${column}\` | ${type} | ${unit ?? ''} | ${says} |`)
  .join('\n')}
`
