/**
 * The one way to change the item of a rollout: read, decide, write on condition that nobody wrote in between, and
 * write what follows, also what a dead process left. Of two at once one wins, and the other looks again.
 */
import { MACHINE, type Moved, type RolloutItem, stopRollout, type Transition } from '#core/release/rollout.ts'
import { isBack } from '#core/release/status.ts'
import type { Rollout, RolloutStatus } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'
import type { Signer, Store } from '../../ports.ts'
import { withCodes } from '../heads/decision-codes.ts'
import { needOurs } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { keepInForce } from './in-force.ts'
import { listRollouts, needRollout } from './rollouts.ts'
import { settle } from './settle.ts'

/** Lost writes in a row after which something else is wrong. */
const MOST_TRIES = 50

type Decide = (rollout: Rollout) => Promise<Transition> | Transition

/**
 * Reads a rollout, lets `decide` say what happens to it, and puts that into effect: first every item, then what follows
 * from them, so that nothing that fails there (a signing key out of reach) holds up a stop.
 */
export async function changeRollout(store: Store, signer: Signer, id: string, decide: Decide): Promise<Moved> {
  const { moved, below } = await move(store, id, decide)
  const items = [...below, moved.item]
  // All of them before anything is published: in between, a tuple that goes back itself would be the one in force.
  for (const { rollout } of items) await keepInForce(store, rollout)
  for (const item of items) await settle(store, signer, item)
  return moved
}

/** Writes the item, and before it those of the rollouts that stand on it, if it goes back. */
async function move(store: Store, id: string, decide: Decide): Promise<{ moved: Moved; below: RolloutItem[] }> {
  const below: RolloutItem[] = []
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await needRollout(store, id)
    // Before the tuple in force follows from it: that item would be signed, whatever becomes of this one.
    if (store.heads) await needOurs(store.heads, ...rowKeys.rollout(id))
    await keepInForce(store, item.rollout)
    const done = await decide(item.rollout)
    if ('refused' in done) throw new UserError(`rollout ${id}: ${done.refused}`)
    if ('unchanged' in done) return { moved: { item, record: null, unchanged: done.unchanged }, below }
    if (isBack(done.next.status)) below.push(...(await stopWhatStandsOn(store, item.rollout)))
    const [pk, sk] = rowKeys.rollout(id)
    const body = { ...item, rollout: done.next }
    const next = await withCodes(store.heads, 'terminal', { pk, sk, before: item, body })
    if (await store.table.update(pk, sk, item.rollout.revision, next))
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
