/**
 * Epochs of an intent: each re-split draws a key by which families that were never seen fall from then on. A family that was seen by
 * the search is never sealed; one that an epoch took from the sealed side has a claim that says so.
 */
import { digestOf } from '#core/canonical.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { type SplitRule, splitSide } from '#core/experience/split.ts'
import type { Epoch } from '#schemas/resplit.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'

type Rows = Pick<Store, 'table'>

/** A key of an epoch, as ingest and sealer read it. */
export interface EpochKey {
  readonly key: string
}

/** Re-splits of an intent, in order. */
export const epochsOf = async ({ table }: Rows, intent: string): Promise<Epoch[]> =>
  (await Array.fromAsync(table.query<Epoch>(rowKeys.epochs(intent)))).map(({ body }) => body)

/** What stands in the claims of families that an epoch took from the sealed side, in the place of a version. */
export const epochClaim = ({ key }: Pick<Epoch, 'key'>): string => `epoch ${key}`

/** Was a claim made by a re-split? */
export const isEpochClaim = (version: string): boolean => version.startsWith('epoch ')

/** Side of a family, by its hash, under the key of an epoch. */
export const epochSide = (key: string, { heldout_share }: Pick<Epoch, 'heldout_share'>, family: string) =>
  splitSide({ key, heldout_share, by: 'hash' }, family)

/** Side on which a family that was never seen falls: by the newest epoch of its intent, or by the store's own rule. */
export async function splitterOf(
  store: Rows,
  rule: SplitRule,
  intent: string,
): Promise<{ readonly epoch: number; readonly sideOf: (family: string) => 'search' | 'heldout' }> {
  const newest = (await epochsOf(store, intent)).at(-1)
  if (newest === undefined) return { epoch: 0, sideOf: (family) => splitSide(rule, family) }
  const key = await epochKey(store, newest)
  return { epoch: newest.epoch, sideOf: (family) => epochSide(key, newest, familyHash(family)) }
}

/** The key of an epoch. Throws UserError where it is not the one that the ledger names. */
export async function epochKey({ table }: Rows, { intent, epoch, key: digest }: Epoch): Promise<string> {
  const row = await table.get<EpochKey>(...rowKeys.epochKey(intent, epoch))
  if (row !== null && digestOf(row.body.key) === digest) return row.body.key
  throw new UserError(
    `the key of epoch ${epoch} of ${intent} is ${row === null ? 'missing' : 'not the one that was drawn'}: no family can be split by it. Restore the ledger from a copy`,
  )
}
