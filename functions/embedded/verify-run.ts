/** Recomputes a run over a store on this machine, with what replayed it. */
import type { AutotuneRun } from '#schemas/run.ts'
import { type Verification, verifyRun } from '../steps/run/verify.ts'
import { openEngine, optionsOf } from './engine.ts'
import type { LocalStore } from './open-store.ts'

/**
 * @param pinned what the run pinned, as `pinnedRun` reads it; null: only what differs can be told
 * @param cage false: a program that the run replayed without one is started so again
 */
export async function verifyPinned(
  store: LocalStore,
  runId: string,
  pinned: AutotuneRun | null,
  cage?: boolean,
): Promise<Verification> {
  const engine = await openEngine(store, pinned?.target.intent ?? '', optionsOf(pinned?.replayer, cage))
  // What is recomputed rests on what was answered then.
  const payAgain = store.verdicts.payNothing()
  try {
    return await verifyRun(store, runId, engine)
  } finally {
    payAgain()
    engine.close()
  }
}
