/**
 * The ledger under the journal of heads: every item that decides something carries a code of its own, and its revision is
 * a line of the journal once it is written. Killed in between, the item's own code says who wrote it.
 */
import { digestOf } from '#core/canonical.ts'
import type { LedgerTable, Store } from '../../ports.ts'
import { needOurs, withoutCode } from './ours.ts'
import { isWitnessed } from './partitions.ts'

export function witnessedTable(heads: NonNullable<Store['heads']>): LedgerTable {
  const { items, journal } = heads
  /** What is written under a new code must stand on what was: what somebody else wrote, put back or removed is never signed. */
  const ours = (pk: string, sk: string): Promise<void> => needOurs(heads, pk, sk)
  const coded = async <T>(pk: string, sk: string, revision: number, body: T): Promise<T> => ({
    ...body,
    head_code: await journal.codeOf({ pk, sk, revision, body }),
  })
  const written = async (done: boolean, pk: string, sk: string, revision: number, body: unknown): Promise<boolean> => {
    if (done) await journal.append({ kind: 'item', pk, sk, revision, digest: digestOf(body) })
    return done
  }
  return {
    ...plainReads(items),
    async create(pk, sk, body) {
      if (!isWitnessed(pk)) return await items.create(pk, sk, body)
      await ours(pk, sk)
      return await written(await items.create(pk, sk, await coded(pk, sk, 0, body)), pk, sk, 0, body)
    },
    createAll: (pk, all) => items.createAll(pk, all),
    async update(pk, sk, revision, body) {
      if (!isWitnessed(pk)) return await items.update(pk, sk, revision, body)
      await ours(pk, sk)
      const next = await coded(pk, sk, revision + 1, body)
      return await written(await items.update(pk, sk, revision, next), pk, sk, revision + 1, body)
    },
    async spend(pk, sk, revision, body, what) {
      await ours(pk, sk)
      const next = await coded(pk, sk, revision + 1, body)
      return await written(await items.spend(pk, sk, revision, next, what), pk, sk, revision + 1, body)
    },
    remove: (pk, sk, revision) => items.remove(pk, sk, revision),
  }
}

/** The same ledger for whoever decides nothing and has no journal: it reads items without their codes, and writes none that has one. */
export function unsignedTable(items: LedgerTable): LedgerTable {
  const open = (pk: string): LedgerTable => {
    if (isWitnessed(pk)) throw new Error(`items of ${pk} are written under the journal of heads; this program has none`)
    return items
  }
  return {
    ...items,
    ...plainReads(items),
    create: async (pk, sk, body) => open(pk).create(pk, sk, body),
    update: async (pk, sk, revision, body) => open(pk).update(pk, sk, revision, body),
    spend: async (pk, sk, revision, body, what) => open(pk).spend(pk, sk, revision, body, what),
  }
}

/** The same ledger under no journal at all, for copies: of what is tried on one nothing is to be told. */
export const unwitnessedTable = (items: LedgerTable): LedgerTable => ({ ...items, ...plainReads(items) })

/** Items without their codes. */
const plainReads = (items: LedgerTable): Pick<LedgerTable, 'get' | 'query'> => ({
  async get<T>(pk: string, sk: string) {
    const row = await items.get<T>(pk, sk)
    return row && isWitnessed(pk) ? withoutCode(row).row : row
  },
  async *query<T>(pk: string, skPrefix?: string) {
    for await (const row of items.query<T>(pk, skPrefix)) yield isWitnessed(pk) ? withoutCode(row).row : row
  },
})
