/** The ledger on a copy: items that are written or removed stay in memory, all others are read where they lie. */
import { canonical } from '#core/canonical.ts'
import type { LedgerRow, LedgerTable } from '#ports'
import { checkItemKey, checkQuery, createEach } from '../port-rules/table-key.ts'

export interface CopiedTable extends LedgerTable {
  /** Items that were created, replaced or removed, as `PK SK`. */
  changed(): readonly string[]
}

/** A ledger over another one, which it never writes. */
export function copyTable(under: LedgerTable): CopiedTable {
  /** By partition and sort key; null: removed. */
  const over = new Map<string, Map<string, { readonly revision: number; readonly text: string } | null>>()
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
  const create: LedgerTable['create'] = async (pk, sk, body) => {
    const text = canonical(body)
    if ((await get(pk, sk)) !== null) return false
    partition(pk).set(sk, { revision: 0, text })
    return true
  }
  const update: LedgerTable['update'] = async (pk, sk, revision, body) => {
    const text = canonical(body)
    if ((await get(pk, sk))?.revision !== revision) return false
    partition(pk).set(sk, { revision: revision + 1, text })
    return true
  }
  return {
    get,
    create,
    createAll: createEach(create),
    update,
    spend: update,
    async remove(pk, sk, revision) {
      if ((await get(pk, sk))?.revision !== revision) return false
      partition(pk).set(sk, null)
      return true
    },
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
