/** One open run per intent and risk class. The lock names the run and what it is about; a dead holder is resumed. */
import { UserError } from '../../errors.ts'
import type { Holder, LedgerRow, Store } from '../../ports.ts'
import { giveBack, holderAtWork } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { DAMAGED, isLock, type Lock } from '../store/run-lock.ts'

/**
 * Takes the lock, or resumes it from a dead holder of the same target. Returns the run id under which to work.
 * Throws UserError naming the holder when somebody else works on that intent and risk class.
 */
export async function takeLock(
  store: Store,
  intent: string,
  riskClass: string,
  wanted: Pick<Lock, 'run_id' | 'about'>,
  holder: Holder,
): Promise<{ run_id: string; resumed: boolean }> {
  const [pk, sk] = rowKeys.lock(intent, riskClass)
  const mine: Lock = { ...wanted, holder: holder.name, since: store.clock.now() }
  if (await store.table.create(pk, sk, mine)) return { run_id: wanted.run_id, resumed: false }
  const row = await store.table.get<Lock>(pk, sk)
  if (!row) return takeLock(store, intent, riskClass, wanted, holder)
  const held = lockOf(row)
  const atWork = holderAtWork(held, holder, mine.since)
  if (
    atWork === null &&
    held.about === wanted.about &&
    (await store.table.update(pk, sk, row.revision, { ...mine, run_id: held.run_id }))
  )
    return { run_id: held.run_id, resumed: true }
  const how =
    atWork ??
    `its process is gone. Start that run again with its own target, candidates and replayer to finish it, or give it up with "autotune run --abandon ${held.run_id}"`
  throw new UserError(`run ${held.run_id} is open on ${intent} (${riskClass}): ${how}`)
}

/** A lock where it stands: on which intent and risk class, and the way to take it from a holder that is gone. */
export interface OpenLock extends Lock {
  readonly intent: string
  readonly risk_class: string
  /** `false`: it moved on, or is gone. */
  free(): Promise<boolean>
  /** Takes it over from a holder that is gone; `false`: somebody else was faster. */
  take(by: Holder, since: string): Promise<boolean>
}

/** Which run a damaged one stands for, and what that was about, is known from a copy alone. */
function lockOf({ sk, body }: LedgerRow<Lock>): Lock {
  if (isLock(body)) return body
  throw new UserError(`the lock of ${sk} in the ledger ${DAMAGED}`)
}

/** Every lock that is held, in the order of intents and risk classes. */
export async function* openLocks({ table }: Pick<Store, 'table'>): AsyncGenerator<OpenLock> {
  for await (const row of table.query<Lock>('lock')) {
    const { pk, sk, revision } = row
    const body = lockOf(row)
    const cut = sk.lastIndexOf('#')
    yield {
      ...body,
      intent: sk.slice(0, cut),
      risk_class: sk.slice(cut + 1),
      free: () => table.remove(pk, sk, revision),
      take: ({ name }, since) => {
        const { beat: _, ...held } = body
        return table.update(pk, sk, revision, { ...held, holder: name, since })
      },
    }
  }
}

/** Locks that name a run: more than one when two intents end in the same word. */
export const openRuns = async (store: Pick<Store, 'table'>, runId: string): Promise<OpenLock[]> =>
  (await Array.fromAsync(openLocks(store))).filter((lock) => lock.run_id === runId)

/** A deployed run as its steps know it: what it holds the lock of, and the execution that holds it. */
interface HeldRun {
  readonly intent: string
  readonly risk_class: string
  readonly run_id: string
  readonly execution: string
  /** When that was started or redriven last. */
  readonly begun?: string | undefined
}

/** Notes that an execution ended, before whoever notes it looks at locks. The last end stands. */
export async function noteEnd({ table }: Pick<Store, 'table'>, execution: string, at: string): Promise<void> {
  const [pk, sk] = rowKeys.ended(execution)
  for (;;) {
    const row = await table.get<{ readonly at: string }>(pk, sk)
    if (row && row.body.at >= at) return
    if (row ? await table.update(pk, sk, row.revision, { at }) : await table.create(pk, sk, { at })) return
  }
}

/**
 * For a step that took a lock: whoever freed the locks of an execution that ended may have looked a moment before. Either it
 * sees this lock, or its note is seen here. Throws UserError then, and leaves no lock.
 */
export async function needNotEnded(store: Store, run: HeldRun): Promise<void> {
  const note = await store.table.get<{ readonly at: string }>(...rowKeys.ended(run.execution))
  if (!note || run.begun === undefined || Date.parse(note.body.at) < Date.parse(run.begun)) return
  await releaseLock(store, run.intent, run.risk_class, run.run_id)
  throw new UserError(`execution ${run.execution} ended while this step was at work: redrive it to go on`)
}

/**
 * Holds the lock of a deployed run, taking it again when a failure freed it and the execution is redriven. Throws UserError
 * when another run holds it now.
 */
export async function holdLock(store: Store, run: HeldRun, about: string): Promise<void> {
  const [pk, sk] = rowKeys.lock(run.intent, run.risk_class)
  const row = await store.table.get<Lock>(pk, sk)
  if (row?.body.run_id === run.run_id) return
  const mine: Lock = { run_id: run.run_id, about, holder: run.execution, since: store.clock.now() }
  if (row === null && (await store.table.create(pk, sk, mine))) return needNotEnded(store, run)
  throw new UserError(
    `${run.intent} (${run.risk_class}) is being tuned by another run: redrive ${run.run_id} when it has ended`,
  )
}

/** Gives the lock back, if it is still this run's. */
export const releaseLock = (store: Store, intent: string, riskClass: string, runId: string): Promise<void> =>
  giveBack<Lock>(store, rowKeys.lock(intent, riskClass), ({ run_id }) => run_id === runId)
