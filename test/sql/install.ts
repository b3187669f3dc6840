/** Brings DuckDB and a parser of Trino's dialect into a cache folder, by npm. Both are pinned; neither is part of this program. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const DUCKDB = '@duckdb/node-api@1.5.6-r.1'
const PARSER = 'dt-sql-parser@4.5.1'

type Row = Readonly<Record<string, unknown>>

/** As much of both as the tests ask. */
export interface Engines {
  /** Rows of a statement with its parameters; all statements of one call see the same tables. */
  readonly open: () => Promise<{ readonly rows: (sql: string, parameters?: readonly string[]) => Promise<Row[]> }>
  /** What Trino's grammar says against a text; none: it parses. */
  readonly trinoProblems: (sql: string) => readonly string[]
}

interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string, values?: readonly string[]): Promise<{ getRowObjectsJson(): Row[] }>
      }>
    }>
  }
}

interface Parser {
  readonly TrinoSQL: new () => { validate(sql: string): readonly { readonly message: string }[] }
}

/** Folder of what is installed; another may be named in AUTOTUNE_SQL_CACHE. */
const cache = (): string => process.env.AUTOTUNE_SQL_CACHE || join(homedir(), '.cache', 'contextos-autotune', 'sql')

/** Both, installed now or before; or why they cannot be, in a line. They appear whole or not at all. */
export async function install(): Promise<Engines | { readonly skip: string }> {
  const folder = join(cache(), `${DUCKDB}_${PARSER}`.replace(/[^\w.-]/g, '_'))
  if (!existsSync(folder)) {
    const work = join(cache(), `unfinished-${process.pid}`)
    mkdirSync(work, { recursive: true })
    try {
      writeFileSync(join(work, 'package.json'), '{"private":true}')
      const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefix', work]
      const { status, error, stderr } = spawnSync('npm', ['install', ...flags, DUCKDB, PARSER], {
        encoding: 'utf8',
        timeout: 600_000,
      })
      if (status !== 0) return { skip: `npm could not bring ${DUCKDB}: ${error?.message ?? stderr.trim()}` }
      // Its modules import folders, which Node does not.
      await build({
        entryPoints: [join(work, 'node_modules/dt-sql-parser/dist/parser/trino/index.js')],
        bundle: true,
        platform: 'node',
        format: 'cjs',
        outfile: join(work, 'trino.cjs'),
        logLevel: 'error',
      })
      renameSync(work, folder)
    } catch (error) {
      // Another process may have been first with the same.
      if (!existsSync(folder)) throw error
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }
  const load = createRequire(pathToFileURL(join(folder, 'package.json')))
  const { DuckDBInstance } = load('@duckdb/node-api') as DuckDb
  const { TrinoSQL } = load('./trino.cjs') as Parser
  return {
    async open() {
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      return {
        rows: async (sql, parameters = []) =>
          (await connection.runAndReadAll(sql, parameters.length > 0 ? parameters : undefined)).getRowObjectsJson(),
      }
    },
    trinoProblems: (sql) => new TrinoSQL().validate(sql).map(({ message }) => message),
  }
}
