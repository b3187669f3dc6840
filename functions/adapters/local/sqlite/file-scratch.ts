/** What is put aside on a disk: records in a file, and texts by key in an SQLite file, which no other process finds. */
import { Records } from '#core/bytes/records.ts'
import type { Scratch } from '#ports'
import { atPath } from '../files/at-path.ts'
import { fileDisk } from '../files/file-disk.ts'
import { passingDescriptor, passingFile } from '../files/passing-file.ts'
import { DatabaseSync } from './sqlite.ts'

/** Pages of the texts kept in memory; what does not fit goes to the file. */
const CACHE_KIB = 16 * 1024

/**
 * Scratch below a folder that exists. Nothing is left of it, not even after a kill where the system allows it. The texts are
 * one transaction that is never committed, without a journal: nothing outlives this process, so nothing needs to be
 * consistent on the disk. A key is a blob of its code units, high byte first: bytes then sort as JavaScript's strings do.
 */
export function fileScratch(folder: string): Scratch {
  const { opened: database, remove } = passingFile(folder, (path) => {
    const fresh = new DatabaseSync(path)
    atPath(folder, () =>
      fresh.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = MEMORY;
      PRAGMA synchronous = OFF;
      PRAGMA cache_size = -${CACHE_KIB};
      BEGIN EXCLUSIVE;
      CREATE TABLE texts (key BLOB NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    `),
    )
    return fresh
  })
  const one = database.prepare('SELECT text FROM texts WHERE key = ?')
  const put = database.prepare('INSERT INTO texts VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text')
  const bytes = passingDescriptor(folder)
  // An iterator of Node 22 does not hold its statement, which would be collected under it.
  const reading = new Set<unknown>()
  return {
    records: new Records(fileDisk(bytes.file, folder)),
    get: (key) => (one.get(codeUnits(key))?.text as string | undefined) ?? null,
    set: (key, text) => void atPath(folder, () => put.run(codeUnits(key), text)),
    *entries(prefix = '') {
      const from = database.prepare('SELECT key, text FROM texts WHERE key >= ? ORDER BY key')
      reading.add(from)
      try {
        for (const row of from.iterate(codeUnits(prefix))) {
          const key = fromCodeUnits(row.key as Uint8Array)
          if (!key.startsWith(prefix)) return
          yield [key, row.text as string]
        }
      } finally {
        reading.delete(from)
      }
    },
    close() {
      bytes.close()
      database.close()
      remove()
    },
  }
}

const codeUnits = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16()

const fromCodeUnits = (bytes: Uint8Array): string => Buffer.from(bytes).swap16().toString('utf16le')
