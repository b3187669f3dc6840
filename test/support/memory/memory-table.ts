/** Ledger items in memory: the twin of the SQLite table and of DynamoDB, for tests. */
import { checkItemKey, checkQuery, createEach } from '#adapters/port-rules/table-key.ts'
import { canonical } from '#core/canonical.ts'
import type { LedgerRow, LedgerTable } from '#ports'

interface Stored {
  readonly sk: string
  readonly revision: number
  readonly text: string
}

/**
 * An empty table. Bodies are kept as canonical JSON, so that they come back exactly as from the other adapters and
 * nobody outside can change what is stored; `query` shows the items that stood there when it was first asked.
 *
 * @returns a table that throws RangeError for a key that no adapter takes, and what `canonical` throws for a body that
 *   JSON cannot carry
 */
export function memoryTable(): LedgerTable {
  const partitions = new Map<string, Map<string, Stored>>()
  const partition = (pk: string) => {
    const items = partitions.get(pk) ?? new Map<string, Stored>()
    partitions.set(pk, items)
    return items
  }
  const row = <T>(pk: string, { sk, revision, text }: Stored): LedgerRow<T> => ({
    pk,
    sk,
    revision,
    body: JSON.parse(text),
  })
  const create: LedgerTable['create'] = async (pk, sk, body) => {
    checkItemKey(pk, sk)
    const text = canonical(body)
    if (partition(pk).has(sk)) return false
    partition(pk).set(sk, { sk, revision: 0, text })
    return true
  }
  const update: LedgerTable['update'] = async (pk, sk, revision, body) => {
    checkItemKey(pk, sk)
    const text = canonical(body)
    if (partition(pk).get(sk)?.revision !== revision) return false
    partition(pk).set(sk, { sk, revision: revision + 1, text })
    return true
  }
  return {
    async get<T>(pk: string, sk: string) {
      checkItemKey(pk, sk)
      const stored = partition(pk).get(sk)
      return stored ? row<T>(pk, stored) : null
    },
    create,
    createAll: createEach(create),
    update,
    spend: (pk, sk, revision, body) => update(pk, sk, revision, body),
    async remove(pk, sk, revision) {
      checkItemKey(pk, sk)
      return partition(pk).get(sk)?.revision === revision && partition(pk).delete(sk)
    },
    async *query<T>(pk: string, skPrefix = '') {
      checkQuery(pk, skPrefix)
      const items = [...partition(pk).values()].filter(({ sk }) => sk.startsWith(skPrefix)).sort(bySortKey)
      for (const stored of items) yield row<T>(pk, stored)
    },
  }
}

/** Order of sort keys: by UTF-8 bytes, as DynamoDB and SQLite order them. */
export const bySortKey = (a: { readonly sk: string }, b: { readonly sk: string }): number =>
  Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk))
