/** Gives up a run that will not be resumed: its open question is answered "no", its lock is freed. */
import { Id } from '#schemas/common.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Holder, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { abandonQuestion, hasOpenQuestion } from '../heldout/gate.ts'
import { holderAtWork } from '../store/held.ts'
import { clearUnfinished } from './finish.ts'
import { type OpenLock, openRuns, releaseLock, takeLock } from './lock.ts'

interface Abandoned {
  readonly run: string
  /** Number of the question that was answered "no"; null when none was open. */
  readonly question: number | null
}

/**
 * Abandons a run by its id, under its lock: a start that takes it up again meanwhile would be asking what is answered here.
 *
 * @throws UserError when it is not open, or when its process, or another run of its intent, still works
 */
export async function abandonRun(store: Store, runId: string, holder: Holder): Promise<Abandoned> {
  const held = await takenOver(store, runId, holder)
  const { intent, risk_class } = held ?? (await takenAnew(store, runId, holder))
  try {
    const answer = await abandonQuestion(store, intent, runId)
    if (answer === null && held === null) throw notOpen(runId)
    await clearUnfinished(store, runId)
    return { run: runId, question: answer?.question ?? null }
  } finally {
    await releaseLock(store, intent, risk_class, runId)
  }
}

type Place = Pick<OpenLock, 'intent' | 'risk_class'>

/** Where the run is locked, once its lock is taken from a process that is gone; null: nowhere. */
async function takenOver(store: Store, runId: string, holder: Holder): Promise<Place | null> {
  const [lock] = await openRuns(store, runId)
  if (!lock) return null
  const now = store.clock.now()
  const atWork = holderAtWork(lock, holder, now)
  if (atWork !== null) throw new UserError(`run ${runId} is not to be given up: ${atWork}. Stop it first`)
  if (await lock.take(holder, now)) return lock
  throw new UserError(`run ${runId} was taken up by another process at this moment. Nothing was changed`)
}

/** A run that failed gave its lock back, but a question that it opened is still open. */
async function takenAnew(store: Store, runId: string, holder: Holder): Promise<Place> {
  if (!Id.safeParse(runId).success) throw notOpen(runId)
  const pinned = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json'))
  const known = pinned?.pack.intents.find(({ intent_id }) => intent_id === pinned.target.intent)
  if (!known || !(await hasOpenQuestion(store, known.intent_id, runId))) throw notOpen(runId)
  const { intent_id: intent, risk_class } = known
  await takeLock(store, intent, risk_class, { run_id: runId, about: 'given up' }, holder)
  return { intent, risk_class }
}

const notOpen = (runId: string): UserError => new UserError(`no run "${runId}" is open in this store`)
