/** One open run per intent and risk class. The lock names the run and what it is about; a dead holder is resumed. */
import { UserError } from '../../errors.ts'
import type { Holder, Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'

export interface Lock {
  readonly run_id: string
  /** Digest of target and hand-written candidates: the same one may resume. */
  readonly about: string
  readonly holder: string
  readonly since: string
}

/**
 * Takes the lock, or resumes it from a dead holder of the same target. Returns the run id under which to work.
 * Throws UserError naming the holder when somebody else works on that intent and risk class.
 */
export async function takeLock(
  store: Store,
  intent: string,
  riskClass: string,
  wanted: Omit<Lock, 'holder' | 'since'>,
  holder: Holder,
): Promise<{ run_id: string; resumed: boolean }> {
  const [pk, sk] = rowKeys.lock(intent, riskClass)
  const mine: Lock = { ...wanted, holder: holder.name, since: store.clock.now() }
  if (await store.table.create(pk, sk, mine)) return { run_id: wanted.run_id, resumed: false }
  const row = await store.table.get<Lock>(pk, sk)
  if (!row) return takeLock(store, intent, riskClass, wanted, holder)
  const held = row.body
  const dead = !holder.isAlive(held.holder)
  if (
    dead &&
    held.about === wanted.about &&
    (await store.table.update(pk, sk, row.revision, { ...mine, run_id: held.run_id }))
  )
    return { run_id: held.run_id, resumed: true }
  const how = dead
    ? `its process is gone. Start that run again with its own target, candidates and replayer to finish it, or give it up with "autotune run --abandon ${held.run_id}"`
    : `process ${held.holder} is working on it since ${held.since}`
  throw new UserError(`run ${held.run_id} is open on ${intent} (${riskClass}): ${how}`)
}

/** Locks that name a run: more than one when two intents end in the same word. */
export async function openRuns(store: Pick<Store, 'table'>, runId: string): Promise<Lock[]> {
  const rows = await Array.fromAsync(store.table.query<Lock>('lock'))
  return rows.map((r) => r.body).filter((lock) => lock.run_id === runId)
}

/** Gives the lock back, if it is still this run's. */
export async function releaseLock(store: Store, intent: string, riskClass: string, runId: string): Promise<void> {
  const [pk, sk] = rowKeys.lock(intent, riskClass)
  const row = await store.table.get<Lock>(pk, sk)
  if (row?.body.run_id === runId) await store.table.remove(pk, sk, row.revision)
}
