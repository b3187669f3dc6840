/** What a run asked of models: kept beside it when it ended, and until then counted from the kept answers. */
import { answerCache } from '#adapters/model-cache.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../ports.ts'
import type { AskedBySide } from '../steps/model/keep-usage.ts'
import { keptUsage } from '../steps/model/kept-usage.ts'
import { answeredUsage, askingOf, type CacheOf, type LiveAsking, sealedUsage } from '../steps/run/answered-usage.ts'
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
  const asking = run && askingOf(run)
  if (!asking) return null
  return { usage: 'usage.v1', run_id: runId, rows: await answeredUsage(store, runId, asking, cacheOf(store)) }
}

/** What a live run on this machine asked of its model, now or before it was begun again, also where it was refused. */
export async function liveUsage(store: Store, runId: string, asking: LiveAsking): Promise<AskedBySide> {
  const version = (await pinned(store, runId))?.heldout_test_set
  const item = version && (await store.table.get<LedgerItem>(...rowKeys.version(version.intent, version.version)))
  const asked = item?.body.history.find((question) => question.run_id === runId)
  const sealed = asked && { version: version!.version, question: asked.k }
  return {
    search: await answeredUsage(store, runId, asking, cacheOf(store)),
    sealed: sealed ? await sealedUsage(store, sealed, asking, cacheOf(store)) : [],
  }
}
