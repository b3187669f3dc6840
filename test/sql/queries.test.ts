/** The shipped queries: one text that DuckDB runs over an export and that Trino's grammar takes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { TABLES } from '#core/export/lines.ts'
import type { Store } from '#ports'
import { queries } from '../../functions/cli/export.ts'
import { exportTables, VIEWS } from '../../functions/steps/export/export.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { autotune } from '../cli/command-line.ts'
import { ID, releasedStore, rolloutOf } from '../steps/release/support.ts'
import { INTENT } from '../support/builders.ts'
import { install } from './install.ts'
import { ASKED_DAYS, daysBefore, INTENTS, LAST_DAY, LEVEL, yearStore } from './year-store.ts'

const engines = await install()
if ('skip' in engines) console.log(`no SQL engine on this machine (${engines.skip}): its tests are skipped`)

const QUERIES = queries()
type Row = Readonly<Record<string, unknown>>
type Ask = (name: string, ...parameters: readonly string[]) => Promise<Row[]>

const dirs: string[] = []
const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-sql-'))
  dirs.push(dir)
  return dir
}
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

/** DuckDB over an export, and what a query or a statement answers there. */
async function opened(dir: string): Promise<{ readonly ask: Ask; readonly rows: (sql: string) => Promise<Row[]> }> {
  if ('skip' in engines) throw new Error(engines.skip)
  const { rows } = await engines.open()
  // Paths of views are those of the folder in which DuckDB was started.
  const views = (await readText(fileStore(dir), VIEWS))!.replaceAll("read_json('", `read_json('${dir}/`)
  await rows(views)
  return { rows, ask: async (name, ...parameters) => await rows(QUERIES.get(`${name}.sql`)!, parameters) }
}

async function exportOf(store: Store): ReturnType<typeof opened> {
  const dir = newDir()
  await exportTables(store, fileStore(dir, { durable: false }), {})
  return await opened(dir)
}

describe.skipIf('skip' in engines)("Trino's grammar", () => {
  const problems = (sql: string) => ('skip' in engines ? [] : engines.trinoProblems(sql))
  test.each([...QUERIES])('takes %s', (_, sql) => {
    expect(problems(sql)).toEqual([])
  })
  test.each(['SELECT a::varchar FROM runs', 'SELECT * EXCLUDE (a) FROM runs', 'SELECT a FROM runs GROUP BY ALL'])(
    'does not take what DuckDB alone has: %s',
    (sql) => {
      expect(problems(sql)).not.toEqual([])
    },
  )
})

describe.skipIf('skip' in engines)('a released change', () => {
  let ask: Ask
  let rows: (sql: string) => Promise<Row[]>
  beforeAll(async () => {
    const opening = await exportOf(await releasedStore())
    ask = opening.ask
    rows = opening.rows
  })

  test('every table has its columns, and its key names a row', async () => {
    for (const [name, { columns, key }] of Object.entries(TABLES)) {
      const described = await rows(`DESCRIBE ${name}`)
      expect(described.map((row) => row.column_name)).toEqual(['day', 'intent', ...Object.keys(columns)])
      const by = ['day', 'intent', ...key].join(', ')
      expect(await rows(`SELECT ${by} FROM ${name} GROUP BY ${by} HAVING count(*) > 1`)).toEqual([])
      for (const column of key) expect(await rows(`SELECT 1 FROM ${name} WHERE ${column} IS NULL`)).toEqual([])
    }
  })

  test('why did it win', async () => {
    const all = await ask('why-did-it-win', 'r')
    expect(all[0]).toMatchObject({ fate: 'won', limits_that_blocked: '0' })
    expect(all.slice(1).map(({ fate }) => fate)).not.toContain('won')
    expect(await ask('why-did-it-win', 'other')).toEqual([])
  })

  test('who approved which digest, and all releases with their rollback target', async () => {
    const decided = await ask('who-approved-what')
    expect(decided.map(({ reviewer, decision, review_status }) => [reviewer, decision, review_status])).toEqual([
      ['ana', 'approved', 'approved'],
      ['ben', 'approved', 'approved'],
    ])
    const { baseline, records } = await rolloutOf(await releasedStore())
    expect(await ask('releases-of-intent', INTENT)).toMatchObject([
      { rollout_id: ID, rollback_target: baseline.release_tuple_id, transitions: String(records.length), pauses: '0' },
    ])
  })

  test('which arm a production run got, and by which cohort', async () => {
    const [run] = await rows("SELECT run_id, arm FROM production WHERE period = '5%_low_risk' AND arm = 'candidate'")
    const [answer] = await ask('which-arm-and-why', String(run!.run_id))
    const { config, candidate } = await rolloutOf(await releasedStore())
    expect(answer).toMatchObject({
      arm: 'candidate',
      release_tuple_id: candidate.release_tuple_id,
      share_of_stage: config.stages['5%_low_risk'].cohort.share,
    })
  })
})

describe.skipIf('skip' in engines)('a simulated year', () => {
  let ask: Ask
  let rows: (sql: string) => Promise<Row[]>
  beforeAll(async () => {
    const opening = await exportOf(await yearStore())
    ask = opening.ask
    rows = opening.rows
  })

  test('what its error budget was spent on: 365 days, both ends as the gate counts them', async () => {
    const within = ASKED_DAYS.filter((ago) => ago < 365)
    const spent = await ask('error-budget-of-year', LAST_DAY)
    expect(spent).toHaveLength(within.length * INTENTS.length)
    expect(spent[0]!.day).toBe(daysBefore(Math.max(...within)))
    expect(spent.at(-1)).toMatchObject({ day: LAST_DAY, budget: 0.25 })
    expect(spent.at(-1)!.spent_so_far).toBeCloseTo(LEVEL * spent.length, 9)
    // A question of day 0 falls out when 365 days are over, and not a day before.
    const ends = async (day: string) => (await ask('error-budget-of-year', day)).map((row) => row.day)
    expect(await ends('2027-11-29')).toEqual([LAST_DAY, LAST_DAY, LAST_DAY])
    expect(await ends('2027-11-30')).toEqual([])
  })

  test('every look at a version', async () => {
    const [{ version }] = (await rows('SELECT version FROM versions ORDER BY version')) as [{ version: string }]
    expect(await ask('looks-at-version', version)).toMatchObject([
      { version, k: '1', answer: false, spent: LEVEL, spent_so_far: LEVEL, budget: 0.01, of_questions: '5' },
    ])
  })

  test('rows that were left out, and corrections that became scars', async () => {
    const left = await ask('left-out-and-why')
    expect(left.map(({ source, reason, left_out }) => [source, reason, left_out])).toEqual([
      ['import', 'no_output', '5'],
      ['import', 'cut', '2'],
      ['sealing', 'baseline_differs', String(2 * ASKED_DAYS.length * INTENTS.length)],
    ])
    const scars = await ask('corrections-to-scars')
    expect(scars.map(({ run_id, became, said_by }) => [run_id, became, said_by])).toEqual([
      ['x0', 'no scar', 'ana@example.com'],
      ['x1', 'scar', 'ana@example.com'],
    ])
  })
})

test.skipIf('skip' in engines)('the demo: every query runs over its export', async () => {
  const dir = newDir()
  const [store, audit] = [join(dir, 'harness'), join(dir, 'audit')]
  expect((await autotune('demo', '--store', store)).code).toBe(0)
  expect((await autotune('export', '--store', store, '--jsonl', audit)).code).toBe(0)
  const { ask, rows } = await opened(audit)
  const [run] = await rows('SELECT run_id, heldout_version FROM runs')
  const won = await ask('why-did-it-win', String(run!.run_id))
  expect(won[0]).toMatchObject({ fate: 'won', patch: '{"evidence.order_history.top_k":{"from":10,"to":6}}' })
  expect(await ask('looks-at-version', String(run!.heldout_version))).toHaveLength(1)
  for (const [name, sql] of QUERIES)
    await expect(
      ask(name.replace('.sql', ''), ...(sql.includes('?') ? ['x'] : [])).catch((e) => `${name}: ${e}`),
    ).resolves.toEqual(
      // A day that is none cannot be counted from.
      name === 'error-budget-of-year.sql' ? expect.stringMatching(/date/i) : expect.any(Array),
    )
})
