/** Which families a held-out version holds, by their hash. */
import { familyHash } from '#core/experience/index-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { LedgerRow, LedgerTable, Scratch, Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { epochClaim, epochsOf } from './epochs.ts'

/** Held-out versions of an intent, with the questions asked of each. */
export const versionsOf = async (store: Pick<Store, 'table'>, intent: string): Promise<LedgerRow<LedgerItem>[]> =>
  await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(intent)))

/** Claims of the families of an intent, each under its hash. */
export async function* claimsOf(
  table: Pick<LedgerTable, 'query'>,
  intent: string,
): AsyncGenerator<LedgerRow<{ readonly version: string }>> {
  for (const pk of rowKeys.claims(intent)) yield* table.query<{ readonly version: string }>(pk)
}

/** Families that one of these versions holds. */
export async function* familiesOf(
  store: Pick<Store, 'table'>,
  intent: string,
  versions: readonly Pick<LedgerItem, 'version'>[],
): AsyncGenerator<string> {
  if (versions.length === 0) return
  const wanted = new Set(versions.map((v) => v.version))
  for await (const claim of claimsOf(store.table, intent)) if (wanted.has(claim.body.version)) yield claim.sk
}

/** Versions that have answered and are retired: their families are search data for good. */
export const spentVersions = async (store: Pick<Store, 'table'>, intent: string): Promise<LedgerItem[]> =>
  (await versionsOf(store, intent))
    .map((row) => row.body)
    .filter((v) => v.retired !== null && v.retired !== 'superseded')

/** What took families from the sealed side of an intent by a re-split, as their claims name it. */
export const takenByEpochs = async (store: Pick<Store, 'table'>, intent: string): Promise<{ version: string }[]> =>
  (await epochsOf(store, intent)).map((epoch) => ({ version: epochClaim(epoch) }))

/** Families of such versions, and those that a re-split took from the sealed side. */
export async function* spentFamilies(store: Pick<Store, 'table'>, intent: string): AsyncGenerator<string> {
  yield* familiesOf(store, intent, [...(await spentVersions(store, intent)), ...(await takenByEpochs(store, intent))])
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

  /** Has a retired version spent this family, or a re-split taken it to the search? */
  async has(intent: string, family: string): Promise<boolean> {
    const prefix = `spent ${intent} `
    if (!this.#intents.has(intent))
      for await (const spent of spentFamilies(this.#store, intent)) this.#aside.set(`${prefix}${spent}`, '')
    this.#intents.add(intent)
    return this.#aside.get(`${prefix}${familyHash(family)}`) !== null
  }
}
