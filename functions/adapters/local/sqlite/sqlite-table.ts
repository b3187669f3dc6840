/** Ledger items in one SQLite file: DynamoDB's embedded twin, safe under several processes. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { canonical } from '#core/canonical.ts'
import type { LedgerRow, LedgerTable } from '#ports'
import { checkItemKey, checkQuery } from '../../port-rules/table-key.ts'
import { openDatabase, whenFree } from './open-database.ts'
import { agreed, agrees, checkpoint, type Ledger, spend } from './spending.ts'
import type { DatabaseSync } from './sqlite.ts'

/** Name of the debit file, beside the ledger. */
export const DEBIT_FILE = 'ledger-debits.jsonl'

/** A query reads so many items at a time, and holds no lock while they are looked at. */
const PAGE_ITEMS = 256

interface LocalTable extends LedgerTable {
  /** Writes the file anew: nothing of what was replaced or removed stays in it, or in the file that waits beside it. */
  scrub(): Promise<void>
  close(): void
}

const statements = (database: DatabaseSync) => ({
  get: database.prepare('SELECT revision, body FROM items WHERE pk = ? AND sk = ?'),
  create: database.prepare('INSERT INTO items VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING'),
  update: database.prepare(
    'UPDATE items SET body = ?, revision = revision + 1 WHERE pk = ? AND sk = ? AND revision = ?',
  ),
  remove: database.prepare('DELETE FROM items WHERE pk = ? AND sk = ? AND revision = ?'),
  from: database.prepare(`SELECT * FROM items WHERE pk = ? AND sk >= ? ORDER BY sk LIMIT ${PAGE_ITEMS}`),
  after: database.prepare(`SELECT * FROM items WHERE pk = ? AND sk > ? ORDER BY sk LIMIT ${PAGE_ITEMS}`),
})

/**
 * The ledger table over a file, which the first write makes; until then reads find nothing and make nothing. A state
 * change is one conditional statement, so that no transaction is ever open between two calls. Bodies are canonical JSON.
 * What is spent stands in a debit file beside it too; the two are compared when the ledger is opened and at every spend.
 *
 * @param durable wait with every write until it is on the disk
 * @param readOnly nobody may write here: reads look at the file as it is, writes throw UserError
 * @returns a table that throws RangeError for a key that no adapter takes, what `canonical` throws for a body that JSON
 *   cannot carry, and UserError naming a file that is no ledger, cannot be opened, stays locked, or is behind its debit file.
 *   `close` ends it; calls after that throw.
 */
export function sqliteTable(file: string, { durable = true, readOnly = false } = {}): LocalTable {
  const path = resolve(file)
  let database: DatabaseSync | null = null
  const ledger = (opened: DatabaseSync): Ledger => ({
    database: opened,
    file: path,
    debitFile: join(dirname(path), DEBIT_FILE),
    durable,
  })
  let opening: Promise<ReturnType<typeof statements>> | null = null
  let closed = false

  const open = async () => {
    const opened = await openDatabase(path, durable, readOnly)
    if (closed) {
      opened.close()
      throw new Error(`${path} was closed`)
    }
    try {
      await whenFree(path, () => {
        if (!agrees(ledger(opened))) inTransaction(opened, () => agreed(ledger(opened)))
      })
    } catch (error) {
      opened.close()
      throw error
    }
    database = opened
    return statements(opened)
  }
  /** The statements; a failed opening may be tried again. */
  const ready = () => {
    if (closed) throw new Error(`${path} was closed`)
    opening ??= open().catch((error) => {
      opening = null
      throw error
    })
    return opening
  }
  const read = async <T>(act: (sql: ReturnType<typeof statements>) => T, nothing: T): Promise<T> => {
    if (opening === null && !closed && !existsSync(path)) return nothing
    const sql = await ready()
    return whenFree(path, () => act(sql))
  }
  /** Did a conditional write meet its condition? */
  const write = async (act: (sql: ReturnType<typeof statements>) => { changes: number | bigint }) => {
    const sql = await ready()
    return (await whenFree(path, () => act(sql))).changes === 1
  }

  return {
    async get<T>(pk: string, sk: string) {
      checkItemKey(pk, sk)
      const found = await read((sql) => sql.get.get(pk, sk), undefined)
      return found ? toRow<T>({ pk, sk, ...found }) : null
    },
    async create(pk, sk, body) {
      checkItemKey(pk, sk)
      const text = canonical(body)
      return write((sql) => sql.create.run(pk, sk, text))
    },
    async createAll(pk, items) {
      for (const { sk } of items) checkItemKey(pk, sk)
      const texts = items.map(({ body }) => canonical(body))
      const sql = await ready()
      // One transaction and one wait for the disk; it is over when this call is.
      return whenFree(path, () =>
        inTransaction(database!, () => items.map(({ sk }, i) => sql.create.run(pk, sk, texts[i]!).changes === 1)),
      )
    },
    async update(pk, sk, revision, body) {
      checkItemKey(pk, sk)
      const text = canonical(body)
      return write((sql) => sql.update.run(text, pk, sk, revision))
    },
    async spend(pk, sk, revision, body, what) {
      checkItemKey(pk, sk)
      const text = canonical(body)
      await ready()
      const mine = ledger(database!)
      const isSpent = await whenFree(path, () =>
        inTransaction(mine.database, () => spend(mine, { pk, sk, revision, text, what })),
      )
      if (isSpent) await whenFree(path, () => checkpoint(mine))
      return isSpent
    },
    async remove(pk, sk, revision) {
      checkItemKey(pk, sk)
      return write((sql) => sql.remove.run(pk, sk, revision))
    },
    async *query<T>(pk: string, skPrefix = '') {
      checkQuery(pk, skPrefix)
      for (let page = await read((sql) => sql.from.all(pk, skPrefix), []); page.length > 0; ) {
        for (const found of page) {
          const row = toRow<T>(found)
          if (!row.sk.startsWith(skPrefix)) return
          yield row
        }
        const last = page.at(-1)!.sk!
        page = page.length < PAGE_ITEMS ? [] : await read((sql) => sql.after.all(pk, last), [])
      }
    },
    async scrub() {
      await ready()
      await whenFree(path, () => database!.exec('VACUUM'))
      await whenFree(path, () => checkpoint(ledger(database!)))
    },
    close() {
      closed = true
      database?.close()
      database = null
    },
  }
}

function inTransaction<T>(database: DatabaseSync, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

const toRow = <T>(found: Record<string, unknown>): LedgerRow<T> => ({
  pk: found.pk as string,
  sk: found.sk as string,
  revision: found.revision as number,
  body: JSON.parse(found.body as string),
})
