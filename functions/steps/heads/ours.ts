/** Is an item of the ledger this store's own? Asked before anything is written over it, derived from it or signed of it. */
import { digestOf } from '#core/canonical.ts'
import { type Claims, claimsOf, itemKey, itemName, itemProblem } from '#core/heads/claims.ts'
import { UserError } from '../../errors.ts'
import type { Code, LedgerRow, Store } from '../../ports.ts'
import { decisionProblem } from './decision-codes.ts'
import { isWitnessedLater } from './partitions.ts'

/** A body as it lies in the ledger. */
type Coded<T> = T & { readonly head_code?: Code }

/** An item without its code, and the code; null: it has none. */
export function withoutCode<T>(row: LedgerRow<T>): { readonly row: LedgerRow<T>; readonly code: Code | null } {
  const { head_code, ...body } = row.body as Coded<T>
  return head_code === undefined ? { row, code: null } : { row: { ...row, body: body as T }, code: head_code }
}

/** What is wrong with an item as it lies in the ledger, in words that follow its name; null: nothing is. */
export async function rowProblem(
  { journal, deciders }: NonNullable<Store['heads']>,
  claims: Claims,
  { row, code }: ReturnType<typeof withoutCode<unknown>>,
): Promise<string | null> {
  const { items, version } = claims
  // Written by an earlier version, and nothing since: the next writing begins with what is found.
  if (code === null && (version === 0 || (version === 1 && isWitnessedLater(row.pk)))) return null
  const holds = code === null ? null : await journal.codeHolds(row, code)
  const found = { revision: row.revision, digest: digestOf(row.body), holds }
  return itemProblem(items.get(itemKey(row)), found) ?? (await decisionProblem(deciders, claims, row))
}

/**
 * Throws UserError where an item is not what the journal has, or was removed: a code that holds is not enough, because an
 * older copy of the item brings its code along, and lines that do not follow from each other vouch for nothing.
 */
export async function needOurs(heads: NonNullable<Store['heads']>, pk: string, sk: string): Promise<void> {
  const { journal, items } = heads
  await journal.begin()
  // The journal first: an item is written before its line, so what is read after it is at least as new.
  const { lines, problem } = await journal.read()
  if (problem !== null)
    throw new UserError(`${problem}. Nothing is decided on it: restore the folder "heads" from a copy`)
  const claims = claimsOf(lines)
  const lying = await items.get(pk, sk)
  const claim = claims.items.get(itemKey({ pk, sk }))
  const why = lying ? await rowProblem(heads, claims, withoutCode(lying)) : itemProblem(claim, null)
  if (why !== null)
    throw new UserError(
      `${itemName({ pk, sk })} ${why}: nothing is signed of it, and nothing is written over it. ${RESTORE}`,
    )
}

/** What is wrong with the items of a partition, before something is decided by all that it holds; null: nothing is, or no journal is kept. */
export async function partitionProblem(heads: Store['heads'], pk: string): Promise<string | null> {
  if (!heads) return null
  const { lines, problem } = await heads.journal.read()
  if (problem !== null) return problem
  const claims = claimsOf(lines)
  const said = (sk: string, why: string) => `${itemName({ pk, sk })} ${why}. ${RESTORE}`
  const seen = new Set<string>()
  for await (const row of heads.items.query(pk)) {
    const why = await rowProblem(heads, claims, withoutCode(row))
    if (why !== null) return said(row.sk, why)
    seen.add(row.sk)
  }
  for (const claim of claims.items.values())
    if (claim.pk === pk && !seen.has(claim.sk)) return said(claim.sk, itemProblem(claim, null)!)
  return null
}

/** What to do about an item that is not what the journal has. */
export const RESTORE = 'Restore the ledger from a copy; "autotune verify" without a run names what differs'
