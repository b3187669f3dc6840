/** Tables of an export: what each declares, and that no line says anything else. */
import { describe, expect, test } from 'vitest'
import { duckdbViews, exportLine, partKey, partOf, rowOrder, TABLES } from '#core/export/lines.ts'
import type { ExportRow } from '#schemas/export-tables.ts'

const scar = (over: object = {}): ExportRow => ({
  table: 'scars',
  day: '2026-11-29',
  intent: 'support.refund',
  values: { case_id: 'c1', run_id: 'r1', since: '2026-11-29', ...over },
})

describe('tables', () => {
  test.each(Object.entries(TABLES))('%s: its key is of its columns, and every number has a unit', (_, table) => {
    const names = Object.keys(table.columns)
    expect(table.key.filter((name) => !names.includes(name))).toEqual([])
    expect(table.key.length).toBeGreaterThan(0)
    // Day and intent name the file; what is quoted in one engine alone would not run in the other.
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name) || ['day', 'intent'].includes(name))).toEqual([])
    const numbers = Object.entries(table.columns).filter(([, { type }]) => type === 'bigint' || type === 'double')
    expect(numbers.filter(([, { unit }]) => !unit).map(([name]) => name)).toEqual([])
  })

  test('nothing that opens a link or names a sealed family is a column', () => {
    const names = Object.values(TABLES).flatMap(({ columns }) => Object.keys(columns))
    expect(names.filter((name) => /nonce|mac|token|family_id|draw|key$/.test(name))).toEqual([])
  })
})

describe('a line', () => {
  test('holds day, intent and every column, in code-unit order', () => {
    expect(exportLine(scar())).toBe(
      '{"case_id":"c1","day":"2026-11-29","intent":"support.refund","run_id":"r1","since":"2026-11-29"}',
    )
  })

  test.each([
    ['a column that is not declared', { more: 1 }, /column more/],
    ['a value of another type', { run_id: 7 }, /column run_id cannot hold 7/],
    ['a key that is null', { case_id: null }, /column case_id cannot hold null/],
  ])('is refused with %s', (_, over, why) => {
    expect(() => exportLine(scar(over))).toThrow(why)
  })

  test('is refused without a column, and with what is no finite number', () => {
    const budget = (values: object) =>
      ({ table: 'budgets', day: '2026-11-29', intent: '_all', values }) as unknown as ExportRow
    expect(() => exportLine(budget({ n: 1, budget: 0.1, bands: 'x' }))).toThrow(/signed_by is missing/)
    expect(() => exportLine(budget({ n: 1.5, budget: 0.1, bands: 'x', signed_by: null }))).toThrow(/column n/)
    expect(() => exportLine(budget({ n: 1, budget: Number.POSITIVE_INFINITY, bands: 'x', signed_by: null }))).toThrow()
  })

  test('stands by its key, numbers by their size', () => {
    const at = (n: number): string =>
      rowOrder({ table: 'budgets', day: 'd', intent: 'i', values: { n, budget: 1, bands: 'b', signed_by: null } })
    expect(at(9) < at(10)).toBe(true)
  })
})

test('a file is named by table, day and intent, and nothing else is one of ours', () => {
  const key = partKey(scar())
  expect(key).toBe('scars/month=2026-11/day=2026-11-29/intent=support.refund/part.jsonl')
  expect(partOf(key)).toEqual({ table: 'scars', day: '2026-11-29', intent: 'support.refund' })
  expect(partKey({ ...scar(), intent: '../x/y' })).toBe(
    'scars/month=2026-11/day=2026-11-29/intent=%2e%2e%2fx%2fy/part.jsonl',
  )
  for (const other of [
    'scars/notes.txt',
    'other/month=2026-11/day=2026-11-29/intent=i/part.jsonl',
    'scars/month=2026-11/day=x/intent=i/part.jsonl',
    'scars/month=2026-10/day=2026-11-29/intent=i/part.jsonl',
    'scars/day=2026-11-29/intent=i/part.jsonl',
  ])
    expect(partOf(other)).toBeNull()
})

test('a view reads the files of a table, and is empty where there are none', () => {
  const views = duckdbViews(new Set(['scars']))
  expect(views).toContain("VIEW scars AS SELECT * FROM read_json('scars/*/*/*/part.jsonl'")
  expect(views).toMatch(/VIEW budgets AS SELECT \* FROM \(SELECT .*CAST\(NULL AS DOUBLE\) AS budget.*\) WHERE false;/)
  expect(views.match(/CREATE OR REPLACE VIEW/g)).toHaveLength(Object.keys(TABLES).length)
})
