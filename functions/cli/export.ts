/** `autotune export`: the store as tables for SQL, in a folder of their own, with the queries that auditors ask. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { PROGRAM } from '#adapters/local/program-files.ts'
import { TABLES } from '#core/export/lines.ts'
import { Day } from '#schemas/common.ts'
import { UserError } from '../errors.ts'
import { intentsOf } from '../steps/experience/documents.ts'
import { exportTables, putText, VIEWS } from '../steps/export/export.ts'
import { headProblems } from '../steps/heads/check.ts'
import { table } from './layout.ts'
import { nearText } from './near.ts'
import { type CommandStore, existingStore, openForAudit } from './open.ts'
import { liesIn } from './place.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions, shellWord } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly jsonl: string
  readonly intent?: string
  readonly since?: string
}

/** Queries of this program, by file name; in an export they lie in a folder of this name. */
export const QUERIES = join(PROGRAM, 'functions', 'audit-sql')
const QUERIES_FOLDER = 'queries'
/** Says that a folder is an export, before anything else of it is there. */
const MARK = 'export.json'
const MARK_TEXT = '{"autotune_export":1}\n'

/** Exit code: 0; 2 where the tables tell of a store that is not what its journal of heads says. */
export async function exportVerb({ json, jsonl: dir, intent, since, ...o }: Options): Promise<number> {
  if (since !== undefined && !Day.safeParse(since).success)
    throw new UserError(`--since ${since}: no day; write it as 2026-11-30`)
  needPlace(dir, isDeployed(o) ? null : o.store)
  const store: CommandStore = isDeployed(o)
    ? await openForAudit(o, terminalProgress())
    : existingStore(o.store, { readOnly: true, progress: terminalProgress() })
  try {
    const intents = await intentsOf(store)
    if (intent !== undefined && !intents.includes(intent))
      throw new UserError(
        `--intent ${intent}: this store has no such intent${nearText(intent, intents)}: there are ${intents.join(', ')}`,
      )
    const out = fileStore(dir)
    await putText(out, MARK, MARK_TEXT)
    for (const [name, text] of queries()) await putText(out, `${QUERIES_FOLDER}/${name}`, text)
    const report = await exportTables(store, out, { intent, since })
    const problems = await headProblems(store)
    print(json, { dir, ...report, problems }, () => [
      ...table(
        Object.entries(report.rows).map(([name, n]) => [name, String(n), TABLES[name]!.about]),
        ['left', 'right', 'left'],
      ),
      `wrote    ${report.written} of ${report.files} files in ${dir}; the others stood there as they are${report.removed > 0 ? `; took ${report.removed} away` : ''}`,
      'sealed   no case and no family of the vault stands in them',
      `look     cd ${shellWord(dir)} && duckdb -init ${VIEWS}   (queries in ${QUERIES_FOLDER}/)`,
      ...problems.map(
        (problem) => `CHANGED  ${problem}: these tables tell it as it stands, "autotune verify" says more`,
      ),
    ])
    return problems.length > 0 ? 2 : 0
  } finally {
    store.close()
  }
}

/** Text of each query, by file name. */
export const queries = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(QUERIES)
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .map((name) => [name, readFileSync(join(QUERIES, name), 'utf8')]),
  )

/** Throws UserError where a folder lies in the store (null: that one is no folder), or holds what no export wrote. */
function needPlace(dir: string, store: string | null): void {
  if (dir.trim() === '') throw new UserError('--jsonl is empty: name a folder')
  if (store !== null && liesIn(dir, store))
    throw new UserError(
      `${dir} lies in the store: an export is for somebody who does not read that. Choose another --jsonl`,
    )
  if (!existsSync(dir)) return
  // A write that was killed leaves only names of this kind.
  const found = readdirSync(dir).filter((name) => !name.startsWith('.tmp-'))
  if (found.length > 0 && !found.includes(MARK))
    throw new UserError(`${dir} holds files and is no export: nothing was written. Choose another --jsonl`)
}
