/** A run recomputed with what replayed it, which is started anew; what is recomputed rests on what judges answered then. */
import { pinnedRun, type Verification, verifyRun } from '../steps/run/verify.ts'
import { openEngine, optionsOf } from './engine.ts'
import type { LocalStore } from './open-store.ts'

/**
 * Throws UserError where there is no such run, and where what replayed it cannot be started.
 * @param cage false: a program that the run replayed without one is started so again
 */
export async function recomputeRun(store: LocalStore, runId: string, cage?: boolean): Promise<Verification> {
  const payAgain = store.verdicts.payNothing()
  try {
    const pinned = await pinnedRun(store, runId)
    const engine = await openEngine(store, pinned?.target.intent ?? '', optionsOf(pinned?.replayer, cage))
    try {
      return await verifyRun(store, runId, engine)
    } finally {
      engine.close()
    }
  } finally {
    payAgain()
  }
}
