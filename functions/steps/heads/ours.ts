/** Is an item of the ledger this store's own? Asked before anything is written over it, derived from it or signed of it. */
import { digestOf } from '#core/canonical.ts'
import { claimsOf, itemKey, itemName, itemProblem } from '#core/heads/claims.ts'
import { UserError } from '../../errors.ts'
import type { Code, LedgerRow, Store } from '../../ports.ts'

/** A body as it lies in the ledger. */
type Coded<T> = T & { readonly head_code?: Code }

/** An item without its code, and the code; null: it has none. */
export function withoutCode<T>(row: LedgerRow<T>): { readonly row: LedgerRow<T>; readonly code: Code | null } {
  const { head_code, ...body } = row.body as Coded<T>
  return head_code === undefined ? { row, code: null } : { row: { ...row, body: body as T }, code: head_code }
}

/**
 * Throws UserError where an item is not what the journal has, or was removed: a code that holds is not enough, because an
 * older copy of the item brings its code along, and lines that do not follow from each other vouch for nothing.
 */
export async function needOurs({ journal, items }: NonNullable<Store['heads']>, pk: string, sk: string): Promise<void> {
  await journal.begin()
  // The journal first: an item is written before its line, so what is read after it is at least as new.
  const { lines, problem } = await journal.read()
  if (problem !== null)
    throw new UserError(`${problem}. Nothing is decided on it: restore the folder "heads" from a copy`)
  const found = await items.get(pk, sk)
  const claim = claimsOf(lines).items.get(itemKey({ pk, sk }))
  if (found === null && claim === undefined) return
  const { row, code } = found === null ? { row: null, code: null } : withoutCode(found)
  const why = itemProblem(
    claim,
    row && {
      revision: row.revision,
      digest: digestOf(row.body),
      holds: code === null ? null : await journal.codeHolds(row, code),
    },
  )
  if (why !== null)
    throw new UserError(
      `${itemName({ pk, sk })} ${why}: nothing is signed of it, and nothing is written over it. Restore the ledger from a copy; "autotune verify" without a run names what differs`,
    )
}
