/** What a store in a folder holds: its files and the rows of its ledger, to compare before and after. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Paths below a folder, in order. The ledger's own files are read as rows, and its clock is no content. */
export const filesOf = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()

/** Lines about runs repeat what manifests and refusals say, under names that hold the clock: they are no content. */
const RUN_LINES = /(^|\/)autotune\/newest\//

/** Content by name: paths of files, and `ledger PK SK` for rows. Empty for a folder that is not there. */
export function contentsOf(dir: string): Map<string, string> {
  const all = new Map<string, string>()
  if (!existsSync(dir)) return all
  for (const file of filesOf(dir))
    if (!file.startsWith('ledger.sqlite') && !RUN_LINES.test(file)) {
      const text = textOf(join(dir, file))
      if (text !== null) all.set(file, text)
    }
  for (const { pk, sk, body } of ledgerRows(dir)) all.set(`ledger ${pk} ${sk}`, body)
  return all
}

/** null: a process that works there took the file away since it was listed. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export interface LedgerRow {
  readonly pk: string
  readonly sk: string
  readonly body: string
}

export function ledgerRows(dir: string): LedgerRow[] {
  const file = join(dir, 'ledger.sqlite')
  if (!existsSync(file)) return []
  const database = new DatabaseSync(file)
  try {
    const tables = database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'items'").get() as {
      n: number
    }
    if (tables.n === 0) return []
    return database.prepare('SELECT pk, sk, body FROM items ORDER BY pk, sk').all() as unknown as LedgerRow[]
  } finally {
    database.close()
  }
}

const digest = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 16)

/** Names whose content differs between two stores, or that only one has. */
export const differing = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort()

/** A few names for people. */
export const someOf = (names: readonly string[]): string =>
  `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`

/** A copy of a store that trials change; it is taken anew when something changed it. */
export class WorkingCopy {
  readonly dir: string
  readonly #from: string | null
  #before = new Map<string, string>()

  /** @param from the store to copy; null: the copy begins with none */
  constructor(from: string | null, dir: string) {
    this.#from = from
    this.dir = dir
    this.restore()
  }

  restore(): void {
    this.remove()
    if (this.#from !== null) cpSync(this.#from, this.dir, { recursive: true })
    this.taken()
  }

  /** What stands there now counts as unchanged. */
  taken(): void {
    this.#before = digested(contentsOf(this.dir))
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Names that changed since the copy was taken. */
  changed(): string[] {
    return differing(this.#before, digested(contentsOf(this.dir)))
  }
}

const digested = (contents: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...contents].map(([name, text]) => [name, digest(text)]))
