/**
 * The ledger under the journal of heads: every item that decides something carries a code of its own, and its revision is
 * a line of the journal once it is written. Killed in between, the item's own code says who wrote it.
 */
import { digestOf } from '#core/canonical.ts'
import { claimsOf, itemKey, itemName, itemProblem } from '#core/heads/claims.ts'
import { UserError } from '../../errors.ts'
import type { Code, Heads, LedgerRow, LedgerTable } from '../../ports.ts'

/** A body as it lies in the ledger. */
type Coded<T> = T & { readonly head_code?: Code }

/** Partitions whose items are witnessed, and prefixes of such: locks and claims come and go, and decide nothing. */
const PARTITIONS = ['review', 'rollout', 'release', 'split']
const PREFIXES = ['heldout#', 'version#']

export const isWitnessed = (pk: string): boolean =>
  PARTITIONS.includes(pk) || PREFIXES.some((prefix) => pk.startsWith(prefix))

/** An item without its code, and the code; null: it has none. */
export function withoutCode<T>(row: LedgerRow<T>): { readonly row: LedgerRow<T>; readonly code: Code | null } {
  const { head_code, ...body } = row.body as Coded<T>
  return head_code === undefined ? { row, code: null } : { row: { ...row, body: body as T }, code: head_code }
}

export function witnessedTable(items: LedgerTable, journal: Heads): LedgerTable {
  /** What is written under a new code must stand on what was: an item that somebody else wrote is never signed. */
  const ours = async (pk: string, sk: string): Promise<void> => {
    const found = await items.get(pk, sk)
    if (found === null) return
    const { row, code } = withoutCode(found)
    const holds = code === null ? null : await journal.codeHolds(row, code)
    if (holds === true) return
    const claim = claimsOf((await journal.read()).lines).items.get(itemKey(row))
    const why = itemProblem(claim, { revision: row.revision, digest: digestOf(row.body), holds })
    if (why !== null)
      throw new UserError(`${itemName(row)} ${why}. Nothing is written over it: restore the ledger from a copy`)
  }
  const coded = async <T>(pk: string, sk: string, revision: number, body: T): Promise<T> => ({
    ...body,
    head_code: await journal.codeOf({ pk, sk, revision, body }),
  })
  const written = async (done: boolean, pk: string, sk: string, revision: number, body: unknown): Promise<boolean> => {
    if (done) await journal.append({ kind: 'item', pk, sk, revision, digest: digestOf(body) })
    return done
  }
  return {
    async get<T>(pk: string, sk: string) {
      const row = await items.get<T>(pk, sk)
      return row && isWitnessed(pk) ? withoutCode(row).row : row
    },
    async create(pk, sk, body) {
      if (!isWitnessed(pk)) return await items.create(pk, sk, body)
      await journal.begin()
      return await written(await items.create(pk, sk, await coded(pk, sk, 0, body)), pk, sk, 0, body)
    },
    createAll: (pk, all) => items.createAll(pk, all),
    async update(pk, sk, revision, body) {
      if (!isWitnessed(pk)) return await items.update(pk, sk, revision, body)
      await journal.begin()
      await ours(pk, sk)
      const next = await coded(pk, sk, revision + 1, body)
      return await written(await items.update(pk, sk, revision, next), pk, sk, revision + 1, body)
    },
    async spend(pk, sk, revision, body, what) {
      await journal.begin()
      await ours(pk, sk)
      const next = await coded(pk, sk, revision + 1, body)
      return await written(await items.spend(pk, sk, revision, next, what), pk, sk, revision + 1, body)
    },
    remove: (pk, sk, revision) => items.remove(pk, sk, revision),
    async *query<T>(pk: string, skPrefix?: string) {
      for await (const row of items.query<T>(pk, skPrefix)) yield isWitnessed(pk) ? withoutCode(row).row : row
    },
  }
}
