/** The rule by which a store splits families: its first import of runs fixes it for good. */
import { drawOf, type SplitRule } from '#core/experience/split.ts'
import type { Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** The store's split rule; `null` before its first import of runs. */
export const fixedSplit = async (store: Pick<Store, 'table'>): Promise<SplitRule | null> =>
  (await store.table.get<SplitRule>(...rowKeys.split()))?.body ?? null

/** Key under which the speaking cases of this store are drawn, as whoever pins it takes it; none before its first import of runs. */
export async function drawnBy(store: Pick<Store, 'table'>): Promise<{ readonly draw?: string }> {
  const rule = await fixedSplit(store)
  return rule ? { draw: drawOf(rule) } : {}
}

/** The store's split rule; the first import of runs fixes it, a later one may not differ. */
export async function fixSplit(store: Pick<Store, 'table'>, wanted: SplitRule): Promise<SplitRule> {
  return (await store.table.create(...rowKeys.split(), wanted)) ? wanted : (await fixedSplit(store))!
}
