/** What an operator must know of the ledger and nobody tells: locks that nobody frees, budgets that are spent. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { Store } from '../../ports.ts'
import { intentsOf } from '../experience/documents.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { openLocks } from './lock.ts'

export interface LedgerState {
  readonly locks: number
  /** Run that holds the oldest lock, and since how many hours; null and 0 where none is held. */
  readonly oldest_run: string | null
  readonly oldest_hours: number
  /** Intents that were sealed and have no question left: the next run that would ask is refused. */
  readonly spent: readonly string[]
}

/** Reads locks and published budgets; no case and no answer. */
export async function ledgerState(store: Pick<Store, 'objects' | 'table' | 'clock'>): Promise<LedgerState> {
  const locks = await Array.fromAsync(openLocks(store))
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
