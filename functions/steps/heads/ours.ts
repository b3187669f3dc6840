/** Is an item of the ledger this store's own? Asked before anything is written over it, derived from it or signed of it. */
import { digestOf } from '#core/canonical.ts'
import { claimsOf, type FoundItem, itemKey, itemName, itemProblem } from '#core/heads/claims.ts'
import { UserError } from '../../errors.ts'
import type { Code, Heads, LedgerRow, Store } from '../../ports.ts'

/** A body as it lies in the ledger. */
type Coded<T> = T & { readonly head_code?: Code }

/** An item without its code, and the code; null: it has none. */
export function withoutCode<T>(row: LedgerRow<T>): { readonly row: LedgerRow<T>; readonly code: Code | null } {
  const { head_code, ...body } = row.body as Coded<T>
  return head_code === undefined ? { row, code: null } : { row: { ...row, body: body as T }, code: head_code }
}

/** An item as it lies in the ledger, as the journal is asked about it. */
export async function foundItem(
  journal: Heads,
  { row, code }: ReturnType<typeof withoutCode<unknown>>,
): Promise<FoundItem> {
  const holds = code === null ? null : await journal.codeHolds(row, code)
  return { revision: row.revision, digest: digestOf(row.body), holds }
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
  const lying = await items.get(pk, sk)
  const why = itemProblem(
    claimsOf(lines).items.get(itemKey({ pk, sk })),
    lying && (await foundItem(journal, withoutCode(lying))),
  )
  if (why !== null)
    throw new UserError(
      `${itemName({ pk, sk })} ${why}: nothing is signed of it, and nothing is written over it. Restore the ledger from a copy; "autotune verify" without a run names what differs`,
    )
}
