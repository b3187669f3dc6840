/** The embedded store: plain files in one folder, a vault folder inside it, and one SQLite ledger. Nothing to set up. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Progress } from '../../ports.ts'
import type { Store } from '../../steps/store.ts'
import { fileStore } from './files/file-store.ts'
import { sqliteTable } from './sqlite/sqlite-table.ts'

export interface LocalStore extends Store {
  readonly dir: string
  close(): void
}

/** Opens (and on first use creates) the store in a folder. `durable: false` skips fsync: for stores that are thrown away. */
export function openStore(
  dir: string,
  { durable = true, progress = () => {} }: { durable?: boolean; progress?: Progress } = {},
): LocalStore {
  mkdirSync(join(dir, 'vault'), { recursive: true, mode: 0o700 })
  const table = sqliteTable(join(dir, 'ledger.sqlite'))
  return {
    dir,
    objects: fileStore(dir, { durable }),
    vault: fileStore(join(dir, 'vault'), { durable }),
    table,
    clock: { now: () => new Date().toISOString() },
    progress,
    close: () => table.close(),
  }
}
