/**
 * The item of a rollout and the one way to change it: read, decide, write on condition that nobody wrote in between, and
 * write what follows, also what a dead process left. Of two at once one wins, and the other looks again.
 */
import { digestOf } from '#core/canonical.ts'
import { MACHINE, stopRollout, type Transition } from '#core/release/rollout.ts'
import type { PromotionRecord, Rollout, RolloutStatus } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'
import type { Signer } from '../../ports.ts'
import { rowKeys } from '../ledger-keys.ts'
import type { Store } from '../store.ts'
import { keepInForce } from './in-force.ts'
import { settle } from './settle.ts'

/** The row of a rollout. Its revision is the rollout's own. */
export interface RolloutItem {
  readonly run_id: string
  readonly rollout: Rollout
}

/** What a step did: the item as it then stands, and the transition, or why there was none. */
export interface Moved {
  readonly item: RolloutItem
  readonly record: PromotionRecord | null
  readonly unchanged: string | null
}

/** Lost writes in a row after which something else is wrong. */
const MOST_TRIES = 50

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

/** Did everyone get the whole prior tuple back? */
export const isBack = (status: RolloutStatus): boolean =>
  status === 'rolled_back' || status === 'stopped' || status === 'retired'

type Decide = (rollout: Rollout) => Promise<Transition> | Transition

/**
 * Reads a rollout, lets `decide` say what happens to it, and puts that into effect: first every item, then what follows
 * from them, so that nothing that fails there (a signing key out of reach) holds up a stop.
 */
export async function changeRollout(store: Store, signer: Signer, id: string, decide: Decide): Promise<Moved> {
  const { moved, below } = await move(store, id, decide)
  for (const item of [...below, moved.item]) await settle(store, signer, item)
  return moved
}

/** Writes the item, and before it those of the rollouts that stand on it, if it goes back. */
async function move(store: Store, id: string, decide: Decide): Promise<{ moved: Moved; below: RolloutItem[] }> {
  const below: RolloutItem[] = []
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await needRollout(store, id)
    await keepInForce(store, item.rollout)
    const done = await decide(item.rollout)
    if ('refused' in done) throw new UserError(`rollout ${id}: ${done.refused}`)
    if ('unchanged' in done) return { moved: { item, record: null, unchanged: done.unchanged }, below }
    if (isBack(done.next.status)) below.push(...(await stopWhatStandsOn(store, item.rollout)))
    const next: RolloutItem = { ...item, rollout: done.next }
    if (await store.table.update(...rowKeys.rollout(id), item.rollout.revision, next))
      return { moved: { item: next, record: done.record, unchanged: null }, below }
  }
  throw new Error(`rollout ${id} was written by others ${MOST_TRIES} times in a row`)
}

/** A later release of the intent goes back to this one: it cannot stay when this one itself goes back. */
async function stopWhatStandsOn(store: Store, { rollout_id, candidate }: Rollout): Promise<RolloutItem[]> {
  const serves: readonly RolloutStatus[] = ['running', 'paused', 'released', 'kept']
  const stopped: RolloutItem[] = []
  for (const { rollout } of await listRollouts(store)) {
    if (rollout.baseline.release_tuple_id !== candidate.release_tuple_id || !serves.includes(rollout.status)) continue
    const { moved, below } = await move(store, rollout.rollout_id, (standing) =>
      stopRollout(standing, {
        by: MACHINE,
        reason: `its rollback target goes back with ${rollout_id}`,
        at: store.clock.now(),
      }),
    )
    stopped.push(...below, moved.item)
  }
  return stopped
}
