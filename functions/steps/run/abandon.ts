/** Gives up a run that will not be resumed: its open question is answered "no", its lock is freed. */
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Holder, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { abandonQuestion } from '../heldout/gate.ts'
import { holderAtWork } from '../store/held.ts'
import { clearUnfinished } from './finish.ts'
import { openRuns } from './lock.ts'

export interface Abandoned {
  readonly run: string
  /** Number of the question that was answered "no"; null when none was open. */
  readonly question: number | null
}

/** Abandons a run by its id. Throws UserError when no lock names it, or when its process still works. */
export async function abandonRun(store: Store, runId: string, holder: Holder): Promise<Abandoned> {
  for (const lock of await openRuns(store, runId)) {
    const atWork = holderAtWork(lock, holder, store.clock.now())
    if (atWork !== null) throw new UserError(`run ${runId} is not to be given up: ${atWork}. Stop it first`)
    const answer = await abandonQuestion(store, lock.intent, runId)
    await clearUnfinished(store, runId)
    await lock.free()
    return { run: runId, question: answer?.question ?? null }
  }
  // A run that failed gave its lock back, but a question that it opened is still open.
  const pinned = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json'))
  const answer = pinned && (await abandonQuestion(store, pinned.target.intent!, runId))
  if (!answer) throw new UserError(`no run "${runId}" is open in this store`)
  await clearUnfinished(store, runId)
  return { run: runId, question: answer.question }
}
