/** Which families a held-out version holds, by their hash. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { LedgerRow, Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** Held-out versions of an intent, with the questions asked of each. */
export const versionsOf = async (store: Pick<Store, 'table'>, intent: string): Promise<LedgerRow<LedgerItem>[]> =>
  await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(intent)))

/** Families that one of these versions holds. */
export async function* familiesOf(
  store: Pick<Store, 'table'>,
  intent: string,
  versions: readonly LedgerItem[],
): AsyncGenerator<string> {
  if (versions.length === 0) return
  const wanted = new Set(versions.map((v) => v.version))
  for await (const claim of store.table.query<{ version: string }>(rowKeys.families(intent)))
    if (wanted.has(claim.body.version)) yield claim.sk
}

/** Families whose version has answered and is retired: they are search data for good. */
export async function* spentFamilies(store: Pick<Store, 'table'>, intent: string): AsyncGenerator<string> {
  const items = (await versionsOf(store, intent)).map((row) => row.body)
  const spent = items.filter((v) => v.retired !== null && v.retired !== 'superseded')
  yield* familiesOf(store, intent, spent)
}
