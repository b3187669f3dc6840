/** What a run asked of models: kept beside it when it ended, and until then counted from the kept answers. */
import { answerCache } from '#adapters/model-cache.ts'
import { liveOf } from '#core/replay/cage.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../ports.ts'
import type { AskedBySide } from '../steps/model/keep-usage.ts'
import { keptUsage } from '../steps/model/kept-usage.ts'
import { answeredUsage, type CacheOf, sealedUsage } from '../steps/run/answered-usage.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'
import { readJson } from '../streams/read-object.ts'
import { type CommandStore, isLocal } from './open.ts'

const cacheOf =
  ({ clock }: Pick<Store, 'clock'>): CacheOf =>
  (objects, payer) =>
    answerCache(objects, clock, payer)

const pinned = ({ objects }: Pick<Store, 'objects'>, runId: string) =>
  readJson<AutotuneRun>(objects, keys.autotuneRun(runId, 'target.json'))

/** Null: it asked none, nobody counted, or it was refused before it pinned anything. */
export async function usageOf(store: CommandStore, runId: string): Promise<RunUsage | null> {
  const kept = await keptUsage(store, runId)
  if (kept || isLocal(store)) return kept
  // A deployed run that has not finished, or that an earlier version finished.
  const run = await pinned(store, runId)
  if (!run || !liveOf(run.replayer)) return null
  return { usage: 'usage.v1', run_id: runId, rows: await answeredUsage(store, run, cacheOf(store)) }
}

/** What a live run on this machine asked of its model, now or before it was begun again. */
export async function liveUsage(store: Store, runId: string): Promise<AskedBySide> {
  const run = await pinned(store, runId)
  if (!run || !liveOf(run.replayer)) return { search: [], sealed: [] }
  const { target, heldout_test_set: sealed } = run
  const item = sealed && (await store.table.get<LedgerItem>(...rowKeys.version(target.intent!, sealed.version)))
  const asked = item?.body.history.find((question) => question.run_id === runId)
  return {
    search: await answeredUsage(store, run, cacheOf(store)),
    sealed: asked ? await sealedUsage(store, run, asked.k, cacheOf(store)) : [],
  }
}
