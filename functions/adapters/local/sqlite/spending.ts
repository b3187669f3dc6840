/** Spending in the ledger: the debit file first, then the ledger, then its main file; and whether the two agree. */
import { canonical, digestOfBytes } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'
import { appendDebit, type Debit, type DebitFile, type Head, NO_DEBIT, readDebits } from './debit-file.ts'
import { BUSY } from './open-database.ts'
import type { DatabaseSync } from './sqlite.ts'

/** Where the ledger keeps how far the debit file went: an item like others, written by the transaction of each debit. */
const HEAD = ['debits', 'head'] as const

export interface Ledger {
  readonly database: DatabaseSync
  readonly file: string
  readonly debitFile: string
  readonly durable: boolean
}

interface Spend extends Pick<Debit, 'pk' | 'sk' | 'what'> {
  /** Revision that the item must have. */
  readonly revision: number
  /** Canonical body. */
  readonly text: string
}

/**
 * Replaces an item's body if its revision is still the one that was seen. The debit stands in its file before the
 * transaction ends, and in the main database file once `checkpoint` returns. `false`: the item moved on, nothing was written.
 * Within a transaction that holds the write lock.
 */
export function spend(ledger: Ledger, { pk, sk, revision, text, what }: Spend): boolean {
  const found = agreed(ledger)
  const item = itemAt(ledger.database, pk, sk)
  if (item?.revision !== revision) return false
  const debit: Debit = {
    n: found.debits.length + 1,
    what,
    pk,
    sk,
    revision: revision + 1,
    before: digestOfBytes(item.body),
    body: JSON.parse(text),
  }
  enter(ledger.database, debit, appendDebit(ledger.debitFile, found, debit, ledger.durable))
  return true
}

/** Brings what was committed into the main database file: a lost or replaced `-wal` file then takes nothing back. */
export function checkpoint({ database }: Ledger): void {
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }
  if (busy !== 0) throw Object.assign(new Error('a reader keeps the checkpoint waiting'), { errcode: BUSY })
}

/** Do file and ledger say the same? Looked at without a lock: what another process is about to write may not agree yet. */
export function agrees({ database, debitFile }: Ledger): boolean {
  const found = readDebits(debitFile)
  const head = headOf(database)
  return found.debits.length === head.n && found.heads[head.n]!.chain === head.chain && itemsHold(database, found)
}

/**
 * The debits, once file and ledger agree. A debit that the ledger was killed before it had is entered: it counts as spent.
 * Within a transaction that holds the write lock.
 *
 * @throws UserError when the ledger lacks what was spent, or the file lacks what the ledger says
 */
export function agreed({ database, file, debitFile }: Ledger): DebitFile {
  const found = readDebits(debitFile)
  const head = headOf(database)
  const next = found.debits[head.n]
  if (found.debits.length < head.n || found.heads[head.n]!.chain !== head.chain)
    throw new UserError(
      `${debitFile} is not the file that ${file} was written with: it holds ${found.debits.length} debits and the ledger knows ${head.n}. It was cut, removed or replaced, and says which questions are spent: restore it from a copy`,
    )
  if (next !== undefined) {
    const item = itemAt(database, next.pk, next.sk)
    const wasCutOff = found.debits.length === head.n + 1 && item?.revision === next.revision - 1
    if (!wasCutOff || digestOfBytes(item.body) !== next.before)
      throw behind(file, debitFile, found.debits.slice(head.n))
    enter(database, next, found.heads.at(-1)!)
  }
  if (!itemsHold(database, found)) throw behind(file, debitFile, found.debits.slice(-1))
  return found
}

/** Is every item at least as far as its last debit, and the same where it is exactly as far? */
function itemsHold(database: DatabaseSync, { debits }: DebitFile): boolean {
  const last = new Map(debits.map((debit) => [`${debit.pk}\0${debit.sk}`, debit]))
  return [...last.values()].every(({ pk, sk, revision, body }) => {
    const item = itemAt(database, pk, sk)
    return item !== null && (item.revision > revision || (item.revision === revision && item.body === canonical(body)))
  })
}

function enter(database: DatabaseSync, { pk, sk, revision, body }: Debit, head: Head): void {
  database
    .prepare('UPDATE items SET body = ?, revision = ? WHERE pk = ? AND sk = ?')
    .run(canonical(body), revision, pk, sk)
  database
    .prepare(
      'INSERT INTO items VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision, body = excluded.body',
    )
    .run(...HEAD, head.n, canonical(head))
}

function headOf(database: DatabaseSync): Head {
  const item = itemAt(database, ...HEAD)
  return item === null ? NO_DEBIT : (JSON.parse(item.body) as Head)
}

const itemAt = (database: DatabaseSync, pk: string, sk: string): { revision: number; body: string } | null =>
  (database.prepare('SELECT revision, body FROM items WHERE pk = ? AND sk = ?').get(pk, sk) as
    | { revision: number; body: string }
    | undefined) ?? null

const behind = (file: string, debitFile: string, missing: readonly Debit[]): UserError =>
  new UserError(
    `${file} is behind ${debitFile}: it lacks ${missing.map(({ what }) => what).join('; ')}. It was put back to an older copy, lost its "-wal" file or was changed. What was spent is never given back: restore the newest copy of ${file}, or import families that were never sealed into a new store`,
  )
