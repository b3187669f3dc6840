/** Rollouts as they stand, and which of them routes an intent. Writes nothing. */
import { byCodeUnit, digestOf } from '#core/canonical.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import { isBack } from '#core/release/status.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { readInForce } from './in-force.ts'

/** The rollout of a run's proposal: a run has one approved review at most, and so one rollout. */
export const rolloutId = (runId: string): string => `ro_${runId.length <= 110 ? runId : digestOf(runId).slice(7, 39)}`

/** A rollout by its id; null when there is none. */
export const readRollout = async (store: Pick<Store, 'table'>, id: string): Promise<RolloutItem | null> =>
  (await store.table.get<RolloutItem>(...rowKeys.rollout(id)))?.body ?? null

/** A rollout by its id. Throws UserError when there is none. */
export async function needRollout(store: Pick<Store, 'table'>, id: string): Promise<RolloutItem> {
  const item = await readRollout(store, id)
  if (!item) throw new UserError(`no rollout "${id}" in this store; "autotune rollout list" shows what there is`)
  return item
}

/** Every rollout of a store, in the order of their ids. */
export const listRollouts = async (store: Pick<Store, 'table'>): Promise<RolloutItem[]> =>
  (await Array.fromAsync(store.table.query<RolloutItem>(rowKeys.rollouts()))).map((row) => row.body)

/**
 * The rollout that routes an intent now: the one on its way, or else the one that put the tuple in force there, by its
 * release or by going back to it. A runtime that followed another one would serve a tuple that is no longer in force.
 */
export async function followedRollout(store: Pick<Store, 'table'>, intent: string): Promise<RolloutItem | null> {
  const now = (await readInForce(store, intent))?.body
  if (!now) return null
  const open = now.rollout_id === null ? null : await readRollout(store, now.rollout_id)
  if (open) return open
  const own = (await listRollouts(store)).filter(({ rollout }) => rollout.intent === intent)
  const since = ({ rollout }: RolloutItem): string => rollout.records.at(-1)!.at
  return (
    own.find(
      ({ rollout: { status, candidate } }) => !isBack(status) && candidate.release_tuple_id === now.release_tuple_id,
    ) ??
    own
      .filter(
        ({ rollout: { status, baseline } }) => isBack(status) && baseline.release_tuple_id === now.release_tuple_id,
      )
      .sort((a, b) => byCodeUnit(since(a), since(b)))
      .at(-1) ??
    null
  )
}
