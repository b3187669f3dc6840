/** Which tuple is in force for an intent, and the one rollout that may be on its way to replace it. One item an intent. */
import { isActive, isBack } from '#core/release/status.ts'
import type { Rollout } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'

export interface InForce {
  readonly release_tuple_id: string
  /** Rollout between its start and its release or end; null: another may start. */
  readonly rollout_id: string | null
}

export const readInForce = (store: Pick<Store, 'table'>, intent: string): Promise<LedgerRow<InForce> | null> =>
  store.table.get<InForce>(...rowKeys.inForce(intent))

/** The tuple in force of every intent that ever had a rollout. */
export const listInForce = async (store: Pick<Store, 'table'>): Promise<({ readonly intent: string } & InForce)[]> =>
  (await Array.fromAsync(store.table.query<InForce>(rowKeys.allInForce()))).map((row) => ({
    intent: row.sk,
    ...row.body,
  }))

/**
 * Brings the intent's item in line with a rollout as it stands. Every move is made once, whoever makes it and however
 * late: a rollout leaves the place only while it holds it, and takes its tuple back only while that one is in force.
 */
export async function keepInForce(store: Store, rollout: Rollout): Promise<void> {
  for (;;) {
    const row = await readInForce(store, rollout.intent)
    const next = row && follow(row.body, rollout)
    if (!next || (await store.table.update(row.pk, row.sk, row.revision, next))) return
  }
}

/** What the item becomes; null: nothing changes. */
function follow(now: InForce, { rollout_id, status, candidate, baseline }: Rollout): InForce | null {
  if (isActive(status) || status === 'superseded') return null
  const back = isBack(status)
  if (now.rollout_id === rollout_id)
    return { release_tuple_id: back ? baseline.release_tuple_id : candidate.release_tuple_id, rollout_id: null }
  return back && now.release_tuple_id === candidate.release_tuple_id
    ? { ...now, release_tuple_id: baseline.release_tuple_id }
    : null
}

/**
 * Takes the intent's place for a rollout; again without effect.
 * @param look settles a rollout that has left its stages, and says of another one why it cannot be passed
 * @param dry looks only
 * @throws UserError when another rollout is on its way, or another tuple is in force than the one to go back to
 */
export async function takePlace(
  store: Store,
  intent: string,
  wanted: { readonly rollout_id: string; readonly release_tuple_id: string },
  look: (rolloutId: string) => Promise<string | null>,
  dry = false,
): Promise<void> {
  for (;;) {
    const row = await readInForce(store, intent)
    if (row && row.body.rollout_id !== null && row.body.rollout_id !== wanted.rollout_id) {
      const standing = await look(row.body.rollout_id)
      if (standing) throw new UserError(standing)
      continue
    }
    if (row && row.body.release_tuple_id !== wanted.release_tuple_id)
      throw new UserError(
        `${row.body.release_tuple_id} is in force for ${intent}, the proposal was made against ${wanted.release_tuple_id}: run again on the tuple in force`,
      )
    if (dry || row?.body.rollout_id === wanted.rollout_id) return
    const next: InForce = { release_tuple_id: wanted.release_tuple_id, rollout_id: wanted.rollout_id }
    const taken = row
      ? await store.table.update(row.pk, row.sk, row.revision, next)
      : await store.table.create(...rowKeys.inForce(intent), next)
    if (taken) return
  }
}
