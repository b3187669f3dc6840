/** Moves a rollout on what production shows, and by hand. */

import { monitorRelease, type ReleaseVerdict } from '#core/release/monitor.ts'
import {
  applyRelease,
  applyVerdict,
  MACHINE,
  type Moved,
  resumeRollout as resume,
  stopRollout as stop,
} from '#core/release/rollout.ts'
import { evaluateStage, type StageVerdict } from '#core/release/stage-verdict.ts'
import { isActive } from '#core/release/status.ts'
import type { Rollout, StageRow } from '#schemas/release.ts'
import type { Signer, Store } from '../../ports.ts'
import { changeRollout } from './change-rollout.ts'
import { readInForce } from './in-force.ts'
import { type ProductionLog, readProduction } from './production.ts'

/** What an evaluation did, and every rule that it looked at. */
export interface Advanced extends Moved {
  readonly rows: readonly StageRow[]
}

/** Who pulls a lever, and why. */
export interface Hand {
  readonly by: string
  readonly reason: string
}

/** Evaluates a rollout on its production log and moves it one step, or says why it stays. Ended rollouts stay. */
export async function advanceRollout(store: Store, signer: Signer, id: string): Promise<Advanced> {
  let rows: readonly StageRow[] = []
  const moved = await changeRollout(store, signer, id, async (rollout) => {
    const now = store.clock.now()
    const lost = await lostTarget(store, rollout)
    if (lost !== null) return stop(rollout, { by: MACHINE, reason: lost, at: now })
    const verdict = await evaluateRollout(store, rollout, now)
    rows = verdict?.rows ?? []
    if (verdict === null) return { unchanged: `the rollout is ${rollout.status}` }
    return 'stage' in verdict ? applyVerdict(rollout, verdict, now) : applyRelease(rollout, verdict, now)
  })
  return { ...moved, rows }
}

/** The kill switch: everyone is on the whole prior tuple again. Twice is once. */
export const stopRollout = (store: Store, signer: Signer, id: string, hand: Hand): Promise<Moved> =>
  changeRollout(store, signer, id, (rollout) => stop(rollout, { ...hand, at: store.clock.now() }))

/** Gives a paused stage a new deadline. */
export const resumeRollout = (store: Store, signer: Signer, id: string, hand: Hand): Promise<Moved> =>
  changeRollout(store, signer, id, (rollout) => resume(rollout, { ...hand, at: store.clock.now() }))

/**
 * The verdict on a rollout as its production log stands at a moment; null once it has ended. Moves nothing.
 * @param known the log, where it was read already
 */
export async function evaluateRollout(
  store: Store,
  rollout: Rollout,
  now: string,
  known?: ProductionLog,
): Promise<StageVerdict | ReleaseVerdict | null> {
  const { status, rollout_id, revision, stage, candidate, deadline } = rollout
  const active = isActive(rollout.status)
  if (!active && status !== 'released') return null
  const log = known ?? (await readProduction(store, rollout_id))
  if ('damaged' in log) {
    const reasons = [damagedRow(log.damaged)]
    const base = { rollout_id, revision, rows: reasons, reasons }
    return active ? { ...base, stage, verdict: 'pause' } : { ...base, verdict: 'pending', until: deadline }
  }
  if (active) return evaluateStage({ rollout, runs: log.runs, now })
  const inForce = (await readInForce(store, rollout.intent))?.body.release_tuple_id ?? candidate.release_tuple_id
  const successor = inForce === candidate.release_tuple_id ? null : inForce
  return monitorRelease({ rollout, runs: log.runs, now, successor })
}

/** Why a rollout has nothing to go back to any more; null: its rollback target is in force. */
async function lostTarget(store: Store, rollout: Rollout): Promise<string | null> {
  const row = isActive(rollout.status) ? await readInForce(store, rollout.intent) : null
  return row && row.body.release_tuple_id !== rollout.baseline.release_tuple_id
    ? `its rollback target is no longer in force: ${row.body.release_tuple_id} is`
    : null
}

/** A log that lost or changed a line is no data: neither forward nor back. */
const damagedRow = (note: string): StageRow => ({
  rule: 'log',
  kind: 'data',
  verdict: 'missing',
  observed: null,
  limit: null,
  note,
})
