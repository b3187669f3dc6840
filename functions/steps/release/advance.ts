/** Moves a rollout on what production shows, and by hand. */
import { evaluateStage, type StageVerdict } from '#core/release/evaluate-stage.ts'
import { monitorRelease } from '#core/release/monitor.ts'
import {
  applyRelease,
  applyVerdict,
  MACHINE,
  resumeRollout as resume,
  stopRollout as stop,
  type Transition,
} from '#core/release/rollout.ts'
import type { Rollout, StageRow } from '#schemas/release.ts'
import type { Signer } from '../../ports.ts'
import type { Store } from '../store.ts'
import { readInForce } from './in-force.ts'
import { changeRollout, type Moved } from './item.ts'
import { readProduction } from './production.ts'

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
    const found = await evaluate(store, rollout)
    rows = found.rows
    return found.transition
  })
  return { ...moved, rows }
}

/** The kill switch: everyone is on the whole prior tuple again. Twice is once. */
export const stopRollout = (store: Store, signer: Signer, id: string, hand: Hand): Promise<Moved> =>
  changeRollout(store, signer, id, (rollout) => stop(rollout, { ...hand, at: store.clock.now() }))

/** Gives a paused stage a new deadline. */
export const resumeRollout = (store: Store, signer: Signer, id: string, hand: Hand): Promise<Moved> =>
  changeRollout(store, signer, id, (rollout) => resume(rollout, { ...hand, at: store.clock.now() }))

type Evaluated = { readonly transition: Transition; readonly rows: readonly StageRow[] }

async function evaluate(store: Store, rollout: Rollout): Promise<Evaluated> {
  const now = store.clock.now()
  const { status, rollout_id, revision, stage, candidate, baseline } = rollout
  const active = status === 'running' || status === 'paused'
  if (!active && status !== 'released') return { transition: { unchanged: `the rollout is ${status}` }, rows: [] }
  const inForce = (await readInForce(store, rollout.intent))?.body.release_tuple_id
  if (active && inForce !== undefined && inForce !== baseline.release_tuple_id) {
    const reason = `its rollback target is no longer in force: ${inForce} is`
    return { transition: stop(rollout, { by: MACHINE, reason, at: now }), rows: [] }
  }
  const log = await readProduction(store, rollout_id)
  if ('damaged' in log) {
    const row = damagedRow(log.damaged)
    const verdict: StageVerdict = { rollout_id, revision, stage, rows: [row], verdict: 'pause', reasons: [row] }
    return { transition: active ? applyVerdict(rollout, verdict, now) : { unchanged: row.note }, rows: [row] }
  }
  if (active) {
    const verdict = evaluateStage({ rollout, runs: log.runs, now })
    return { transition: applyVerdict(rollout, verdict, now), rows: verdict.rows }
  }
  const successor = inForce === undefined || inForce === candidate.release_tuple_id ? null : inForce
  const verdict = monitorRelease({ rollout, runs: log.runs, now, successor })
  return { transition: applyRelease(rollout, verdict, now), rows: verdict.rows }
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
