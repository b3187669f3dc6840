/**
 * Writes the tables of an export: rows are put aside in the order of their files, so that memory stays flat; a file is
 * written whole, and only where its bytes are others than those that stand there. The same command goes on after a kill.
 */
import { createHash } from 'node:crypto'
import { duckdbViews, exportLine, partKey, partOf, rowOrder, TABLES } from '#core/export/lines.ts'
import { ALL_INTENTS, type ExportRow, NO_DAY } from '#schemas/export-tables.ts'
import { segment } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { digestOfObject, readText } from '../../streams/read-object.ts'
import { gateRows, reviewRows } from './ledger-rows.ts'
import { recordRows } from './record-rows.ts'
import { releaseRows } from './release-rows.ts'
import { runRows } from './run-rows.ts'

/** What of a store is exported. Left out: all of it. */
export interface ExportScope {
  /** Rows of this intent, and of no single one. */
  readonly intent?: string | undefined
  /** Of tables whose rows stay as they are, only days from this one on; `YYYY-MM-DD`. */
  readonly since?: string | undefined
}

export interface ExportReport {
  /** Rows by table, in this scope. */
  readonly rows: Readonly<Record<string, number>>
  /** Files of this scope, of them those that were written, and earlier ones that were taken away. */
  readonly files: number
  readonly written: number
  readonly removed: number
}

/** Statements for DuckDB, beside the tables: written last, so that a folder that has them was whole once. */
export const VIEWS = 'tables.sql'

async function* allRows(store: Store): AsyncGenerator<ExportRow> {
  yield* runRows(store.objects)
  yield* gateRows(store)
  yield* reviewRows(store)
  yield* releaseRows(store)
  yield* recordRows(store)
}

const inScope = (
  { table, day, intent }: { readonly table: string; readonly day: string; readonly intent: string },
  scope: ExportScope,
): boolean =>
  (scope.intent === undefined || [segment(scope.intent), segment(ALL_INTENTS)].includes(intent)) &&
  (scope.since === undefined || !TABLES[table]!.since || day === NO_DAY || day >= scope.since)

/** Writes a text of an export, where it does not stand already. */
export async function putText(out: ObjectStore, key: string, text: string): Promise<void> {
  if ((await readText(out, key)) !== text) await out.put(key, text)
}

/** Writes the export of a store. The vault is never opened. */
export async function exportTables(store: Store, out: ObjectStore, scope: ExportScope): Promise<ExportReport> {
  const aside = store.scratch()
  try {
    const parts = new Set<string>()
    let n = 0
    for await (const row of allRows(store)) {
      if (!inScope({ ...row, intent: segment(row.intent) }, scope)) continue
      const key = partKey(row)
      parts.add(key)
      // Of a run that production tells of again, the last word stands.
      aside.set(`${key}\u0000${rowOrder(row)}`, exportLine(row))
      if (++n % 10_000 === 0) store.progress(`read ${n} rows`)
    }
    const rows: Record<string, number> = Object.fromEntries(Object.keys(TABLES).map((name) => [name, 0]))
    let written = 0
    for (const key of [...parts].sort()) {
      const lines = () => linesOf(aside.entries(`${key}\u0000`))
      const hash = createHash('sha256')
      for (const line of lines()) {
        hash.update(line)
        rows[key.slice(0, key.indexOf('/'))]!++
      }
      if ((await digestOfObject(out, key)) === `sha256:${hash.digest('hex')}`) continue
      await out.put(key, pieces(lines()))
      written++
    }
    const { removed, filled } = await removeOthers(out, parts, scope)
    await putText(out, VIEWS, duckdbViews(filled))
    return { rows, files: parts.size, written, removed }
  } finally {
    aside.close()
  }
}

function* linesOf(entries: Iterable<readonly [string, string]>): Generator<string> {
  for (const [, line] of entries) yield `${line}\n`
}

/** What is written in one call. */
const PIECE_CHARS = 256 * 1024

async function* pieces(lines: Iterable<string>): AsyncGenerator<string> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < PIECE_CHARS) continue
    yield piece
    piece = ''
  }
  yield piece
}

/** Takes away files of this scope that no row is left of: an erased run leaves none. `filled`: tables that have a file. */
async function removeOthers(
  out: ObjectStore,
  parts: ReadonlySet<string>,
  scope: ExportScope,
): Promise<{ readonly removed: number; readonly filled: ReadonlySet<string> }> {
  const filled = new Set<string>()
  const gone: string[] = []
  for (const name of Object.keys(TABLES))
    for await (const key of out.list(`${name}/`)) {
      const part = partOf(key)
      if (part !== null && inScope(part, scope) && !parts.has(key)) gone.push(key)
      else if (part !== null) filled.add(name)
    }
  for (const key of gone) await out.delete(key)
  return { removed: gone.length, filled }
}
