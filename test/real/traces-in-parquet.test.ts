/** Rows of recorded exports are the same runs when they come as parquet, objects as texts of JSON in its columns, as bulk exports write them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { readTraceFiles } from '../support/traces.ts'

type Fields = Readonly<Record<string, unknown>>

const DATA = new URL('../../../shared/data/dialects/', import.meta.url).pathname
const langfuse = ({ observations }: { readonly observations: readonly Fields[] }) => observations
const langsmith = ({ post, patch }: { readonly post: readonly Fields[]; readonly patch: readonly Fields[] }) =>
  post.map((run, i) => ({ ...run, ...patch[i] }))

test.skipIf(!existsSync(DATA)).each([
  ['langfuse/langgraph-python-2025-08-22.trace.json', langfuse],
  ['langfuse/openai-agents-2025-09-30.trace.json', langfuse],
  ['langfuse/google-adk-2025-08-28.trace.json', langfuse],
  ['langsmith/langsmith_js_wrap_openai_default.json', langsmith],
  ['langsmith/langsmith_js_wrap_openai_reasoning.json', langsmith],
] as const)('%s', async (file, rowsOf) => {
  const rows = rowsOf(JSON.parse(readFileSync(join(DATA, file), 'utf8')) as never) as readonly Fields[]
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const columnData = names.map((name) => ({ name, data: rows.map((row) => cell(row[name])), type: 'STRING' as const }))
  const folder = mkdtempSync(join(tmpdir(), 'autotune-parquet-'))
  try {
    const [lines, parquet] = [join(folder, 'rows.jsonl'), join(folder, 'rows.parquet')]
    writeFileSync(lines, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(parquet, new Uint8Array(parquetWriteBuffer({ columnData })))
    const [{ runs }, columns] = [await readTraceFiles([lines]), await readTraceFiles([parquet])]
    expect(runs.flatMap(({ steps }) => steps)).not.toEqual([])
    expect(columns.runs).toEqual(runs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const cell = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : String(value)
