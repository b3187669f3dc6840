/** Work files of a run: read whole or refused by name, and the lock that every step must still hold. */
import { canonical } from '#core/canonical.ts'
import type { RunRef } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { rowKeys } from '../steps/ledger-keys.ts'
import type { Lock } from '../steps/lock.ts'
import type { RunRequest } from '../steps/run.ts'
import { readJson, type Store } from '../steps/store.ts'

/** A work file that must be there. Throws UserError naming it: it has expired, or another step never ran. */
export async function needJson<T>(store: Pick<Store, 'objects'>, key: string): Promise<T> {
  const value = await readJson<T>(store.objects, key)
  if (value === null) throw new UserError(`${key} is missing: start the run again`)
  return value
}

/** What was asked for when the run was started. */
export const requestOf = (store: Store, run: RunRef): Promise<RunRequest & { readonly about: string }> =>
  needJson(store, workKeys.request(run.run_id))

/** Writes a work file; the same step again writes the same bytes. */
export const putJson = (store: Store, key: string, value: unknown): Promise<void> =>
  store.objects.put(key, canonical(value))

/**
 * Holds the run's lock, taking it again when a failure freed it and the execution is redriven. Throws UserError when
 * another run holds it now.
 */
export async function holdLock(store: Store, run: RunRef, about: string): Promise<void> {
  const [pk, sk] = rowKeys.lock(run.intent, run.risk_class)
  const row = await store.table.get<Lock>(pk, sk)
  if (row?.body.run_id === run.run_id) return
  const mine: Lock = { run_id: run.run_id, about, holder: run.execution, since: store.clock.now() }
  if (row === null && (await store.table.create(pk, sk, mine))) return
  throw new UserError(
    `${run.intent} (${run.risk_class}) is being tuned by another run: redrive ${run.run_id} when it has ended`,
  )
}
