/** Which families a held-out version holds, by their hash. */
import { familyHash } from '#core/experience/index-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { LedgerRow, Scratch, Store } from '../../ports.ts'
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

/** Versions that have answered and are retired: their families are search data for good. */
export const spentVersions = async (store: Pick<Store, 'table'>, intent: string): Promise<LedgerItem[]> =>
  (await versionsOf(store, intent))
    .map((row) => row.body)
    .filter((v) => v.retired !== null && v.retired !== 'superseded')

/** Families of such versions. */
export async function* spentFamilies(store: Pick<Store, 'table'>, intent: string): AsyncGenerator<string> {
  yield* familiesOf(store, intent, await spentVersions(store, intent))
}

/** The same, read once an intent and put aside. */
export class SpentFamilies {
  readonly #store: Pick<Store, 'table'>
  readonly #aside: Scratch
  readonly #intents = new Set<string>()

  constructor(store: Pick<Store, 'table'>, aside: Scratch) {
    this.#store = store
    this.#aside = aside
  }

  /** Has a retired version spent this family? */
  async has(intent: string, family: string): Promise<boolean> {
    const prefix = `spent ${intent} `
    if (!this.#intents.has(intent))
      for await (const spent of spentFamilies(this.#store, intent)) this.#aside.set(`${prefix}${spent}`, '')
    this.#intents.add(intent)
    return this.#aside.get(`${prefix}${familyHash(family)}`) !== null
  }
}
