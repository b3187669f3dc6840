/** A ledger that may not be written: read where it lies, without the lock and the two files that SQLite makes beside it. */
import { copyFileSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { removeFolder } from '../files/remove-folder.ts'
import { DatabaseSync } from './sqlite.ts'

/**
 * Opens the file of a ledger that nobody writes meanwhile. What a copy still has in its `-wal` file counts too: then both
 * are read from a private folder, which is gone when this returns.
 *
 * @throws SQLite's error, or the file system's
 */
export function openReadOnly(file: string): DatabaseSync {
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false })
  if (!wal || wal.size === 0) return new DatabaseSync(immutable(file), { readOnly: true })
  const folder = mkdtempSync(join(tmpdir(), 'autotune-ledger-'))
  try {
    const copy = join(folder, basename(file))
    copyFileSync(file, copy)
    copyFileSync(`${file}-wal`, `${copy}-wal`)
    // Reading enters the lines of the -wal file into the copy.
    const merged = new DatabaseSync(copy)
    merged.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    merged.close()
    return new DatabaseSync(immutable(copy), { readOnly: true })
  } finally {
    // Where an open file keeps its name, the system's temporary folder keeps it too.
    if (process.platform !== 'win32') removeFolder(folder)
  }
}

function immutable(file: string): URL {
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  return url
}
