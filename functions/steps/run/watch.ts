/** What an operator must know of the ledger and nobody tells: locks that nobody frees, budgets that are spent. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { readJson, type Store } from '../../streams/read-object.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import type { Lock } from './lock.ts'

export interface LedgerState {
  readonly locks: number
  /** Run that holds the oldest lock, and since how many hours; null and 0 where none is held. */
  readonly oldest_run: string | null
  readonly oldest_hours: number
  /** Intents that were sealed and have no question left: the next run that would ask is refused. */
  readonly spent: readonly string[]
}

/** Reads locks and published budgets; no case and no answer. */
export async function watchLedger(store: Pick<Store, 'objects' | 'table' | 'clock'>): Promise<LedgerState> {
  const locks = (await Array.fromAsync(store.table.query<Lock>('lock'))).map((row) => row.body)
  const oldest = locks.toSorted((a, b) => (a.since < b.since ? -1 : 1))[0]
  const hours = oldest ? (Date.parse(store.clock.now()) - Date.parse(oldest.since)) / 3_600_000 : 0
  const spent: string[] = []
  for (const intent of await intentsOf(store)) {
    const versions = await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(intent)))
    const live = versions.some(({ body }) => !body.retired && body.used < body.questions)
    if (versions.length > 0 && !live) spent.push(intent)
  }
  return { locks: locks.length, oldest_run: oldest?.run_id ?? null, oldest_hours: Math.max(0, hours), spent }
}

/** Intents that any published pack names, in code-unit order. */
async function intentsOf({ objects }: Pick<Store, 'objects'>): Promise<string[]> {
  const intents = new Set<string>()
  for await (const key of objects.list('packs/')) {
    const pack = key.endsWith('/pack.json') ? await readJson<ContextPack>(objects, key) : null
    for (const { intent_id } of pack?.intents ?? []) intents.add(intent_id)
  }
  return [...intents].sort()
}
