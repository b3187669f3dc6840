/** The ledger on a copy: items that are written or removed stay in memory, all others are read where they lie. */
import { canonical } from '#core/canonical.ts'
import type { LedgerRow, LedgerTable } from '#ports'
import { checkItemKey, checkQuery, createEach } from '../port-rules/table-key.ts'

interface CopiedTable extends LedgerTable {
  /** Items that were created, replaced or removed, as `PK SK`. */
  changed(): readonly string[]
}

interface Item {
  readonly revision: number
  readonly text: string
}

/** A ledger over another one, which it never writes. */
export function copyTable(under: LedgerTable): CopiedTable {
  /** By partition and sort key; null: removed. */
  const over = new Map<string, Map<string, Item | null>>()
  const partition = (pk: string) => {
    const items = over.get(pk) ?? new Map()
    over.set(pk, items)
    return items
  }
  async function get<T>(pk: string, sk: string): Promise<LedgerRow<T> | null> {
    checkItemKey(pk, sk)
    const own = over.get(pk)?.get(sk)
    if (own === undefined) return await under.get<T>(pk, sk)
    return own && { pk, sk, revision: own.revision, body: JSON.parse(own.text) as T }
  }
  /** Writes an item where it stands at a revision (null: where there is none). Nothing is awaited between look and write: many may write at once. */
  async function write(pk: string, sk: string, at: number | null, next: Item | null): Promise<boolean> {
    checkItemKey(pk, sk)
    const below = await under.get(pk, sk)
    const own = over.get(pk)?.get(sk)
    const row = own === undefined ? below : own
    if ((row?.revision ?? null) !== at) return false
    partition(pk).set(sk, next)
    return true
  }
  const create: LedgerTable['create'] = async (pk, sk, body) =>
    await write(pk, sk, null, { revision: 0, text: canonical(body) })
  const update: LedgerTable['update'] = async (pk, sk, revision, body) =>
    await write(pk, sk, revision, { revision: revision + 1, text: canonical(body) })
  return {
    get,
    create,
    createAll: createEach(create),
    update,
    spend: update,
    remove: async (pk, sk, revision) => await write(pk, sk, revision, null),
    async *query<T>(pk: string, skPrefix = '') {
      checkQuery(pk, skPrefix)
      const own = new Map(over.get(pk))
      const rows = new Map((await Array.fromAsync(under.query<T>(pk, skPrefix))).map((row) => [row.sk, row]))
      for (const [sk, item] of own) {
        if (!sk.startsWith(skPrefix)) continue
        if (item === null) rows.delete(sk)
        else rows.set(sk, { pk, sk, revision: item.revision, body: JSON.parse(item.text) as T })
      }
      yield* [...rows.values()].sort((a, b) => Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk)))
    },
    changed: () => [...over].flatMap(([pk, items]) => [...items.keys()].map((sk) => `${pk} ${sk}`)).sort(),
  }
}
