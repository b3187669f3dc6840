/** One SQLite file that several processes write: how it is opened, waited for, and refused. */
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../../../errors.ts'
import { atPath, namingPath } from '../files/at-path.ts'
import { makeFolder } from '../files/make-folder.ts'
import { makePrivateFile, PRIVATE_FOLDER } from '../files/private.ts'
import { isFileThere } from '../files/regular-file.ts'
import { openReadOnly } from './read-only.ts'
import { DatabaseSync } from './sqlite.ts'

/** Result code of what `whenFree` tries again. */
export const BUSY = 5
/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html); extended ones carry them in the low byte. */
const CODE = { busy: BUSY, locked: 6, readonly: 8, corrupt: 11, cannotOpen: 14, notADatabase: 26 }

/** SQLite itself blocks the process so long; between tries 1-5 ms are left to others. About 15 s in all. */
const BUSY_TIMEOUT_MS = 20
const MAX_TRIES = 650

/** Marks our files, so that nobody's other database is written into: "atld" in ASCII. */
const APPLICATION_ID = 0x61746c64

/**
 * Opens the ledger's file, making it, its folder and its one table where they are missing. WAL and `synchronous = FULL`:
 * what was confirmed survives a kill and a power cut, and readers do not wait for writers. Not `durable`: a power cut may
 * take it, for a store that is thrown away. `readOnly`: the file is there, and nothing is written beside it either.
 *
 * @throws UserError naming a file that is no ledger, cannot be opened, or stays locked
 */
export async function openDatabase(file: string, durable: boolean, readOnly: boolean): Promise<DatabaseSync> {
  isFileThere(file)
  if (!readOnly) {
    makeFolder(dirname(file), PRIVATE_FOLDER)
    // SQLite gives the two files beside it the rights of this one.
    atPath(file, () => makePrivateFile(file))
  }
  return whenFree(file, () => {
    const database = readOnly ? openReadOnly(file) : new DatabaseSync(file)
    try {
      if (readOnly) {
        if (!isOurs(database, file)) throw new UserError(`${file} is no ledger. Name another store`)
        return database
      }
      // The option of the constructor came with Node 22.16.
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
      prepareSchema(database, file)
      database.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'OFF'}`)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/**
 * Does one thing with a database, again after 1-5 ms while another process holds it.
 *
 * @throws UserError when the file is no database, cannot be opened or written, or stays locked for about 15 s
 */
export async function whenFree<T>(file: string, act: () => T): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return act()
    } catch (error) {
      const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff
      if (code !== CODE.busy && code !== CODE.locked) throw refusal(file, code, error)
      if (tries === MAX_TRIES)
        throw new UserError(`${file} stays locked by another process. Let it finish or stop it, then try again`)
      await setTimeout(1 + ((tries + process.pid) % 5))
    }
}

function prepareSchema(database: DatabaseSync, file: string): void {
  if (!isOurs(database, file)) {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('BEGIN IMMEDIATE')
    // Closing the connection on an error rolls back. Another process may have been faster: look again under the lock.
    if (!isOurs(database, file))
      database.exec(`
        CREATE TABLE items (
          pk TEXT NOT NULL, sk TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (pk, sk)
        ) STRICT, WITHOUT ROWID;
        PRAGMA application_id = ${APPLICATION_ID};
      `)
    database.exec('COMMIT')
  }
}

/** True: a ledger; false: empty, to be made one. */
function isOurs(database: DatabaseSync, file: string): boolean {
  if (database.prepare('PRAGMA application_id').get()!.application_id === APPLICATION_ID) return true
  if (database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!.n === 0) return false
  throw new UserError(`${file} is another program's SQLite database. Name another file or store`)
}

function refusal(file: string, code: number, cause: unknown): unknown {
  if (code === CODE.notADatabase || code === CODE.corrupt)
    return new UserError(
      `${file} is no SQLite database, or a damaged one. Restore it from a copy, or name another store`,
      {
        cause,
      },
    )
  if (code === CODE.cannotOpen || code === CODE.readonly)
    return new UserError(
      `${file} cannot be opened for writing. Check its permissions, the limit of open files ("ulimit -n") and the room on its disk, or name another store`,
      {
        cause,
      },
    )
  return namingPath(cause, file)
}
