/** Live runs over a store in memory: a harness of the user's own in this process, and a model that a test scripts. */
import type { Store } from '#ports'
import type { Cage } from '#schemas/run.ts'
import type { LiveOptions } from '../../../functions/embedded/live-asker.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { aTarget } from '../../support/builders.ts'
import type { Replay } from '../../support/harness-engine.ts'
import {
  asker,
  liveDesk,
  liveInProcess,
  liveSuite,
  liveWorld,
  type Scripted,
  type Sent,
} from '../../support/live-engine.ts'
import { contents, holder, memory, stocked } from '../stores.ts'

export const target = aTarget({ scoring: { replayer: 'module' } })

export const world = (suite = liveSuite(), runs = liveWorld()): Promise<Store> => stocked(memory(), runs, { suite })

interface Given {
  readonly request?: Partial<Parameters<typeof runTarget>[1]>
  readonly replay?: Replay
  readonly live?: Partial<LiveOptions>
  readonly sent?: (sent: Sent) => void
  readonly cage?: Cage
  /** Process that holds the lock. */
  readonly by?: string
}

/** A run of that target, called `r`, unless the request says otherwise. */
export const started = (
  store: Store,
  model: Scripted,
  { request, replay = liveDesk(), live, sent, cage, by }: Given = {},
) =>
  runTarget(
    store,
    { target, candidates: null, runId: 'r', demonstration: null, ...request },
    holder(by),
    liveInProcess(store, asker(store, model, live), replay, sent, cage),
  )

/** The same run verified, with no model to ask. */
export const verified = (store: Store, replay = liveDesk()) =>
  verifyRun(store, 'r', liveInProcess(store, asker(store, null), replay))

export const artifact = async (store: Store, file: string) => (await contents(store))[`open/autotune/runs/r/${file}`]!
