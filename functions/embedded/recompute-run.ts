/** A run recomputed with what replayed it, which is started anew; what is recomputed rests on what judges answered then. */

import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { pinnedRun, type Verification, verifyRun } from '../steps/run/verify.ts'
import { deployedEngine, openEngine, optionsOf } from './engine.ts'
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

/** The same of a deployed store. Throws UserError for a run of a harness: who says that it recomputes has asked that again. */
export async function recomputeDeployed(store: Store, runId: string): Promise<Verification> {
  const engine = await deployedEngine(store, await pinnedRun(store, runId))
  try {
    const verified = await verifyRun(store, runId, engine, 'closed')
    if (verified.asked_again === false)
      throw new UserError(
        `run ${runId} replayed a harness of your own, which is not here to be asked again: "autotune verify ${runId}" recomputes it from what that answered then`,
      )
    return verified
  } finally {
    engine.close()
  }
}
