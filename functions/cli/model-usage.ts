/** What a finished run asked of models: kept beside it in a folder, counted from the kept answers of a deployment. */
import { answerCache } from '#adapters/model-cache.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { keptUsage } from '../steps/model/keep-usage.ts'
import { answeredUsage } from '../steps/run/answered-usage.ts'
import { readJson } from '../streams/read-object.ts'
import { type CommandStore, isLocal } from './open.ts'

/** Null: it asked none, nobody counted, or it was refused before it pinned anything. */
export async function usageOf(store: CommandStore, runId: string): Promise<RunUsage | null> {
  if (isLocal(store)) return await keptUsage(store, runId)
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json'))
  return run && (await answeredUsage(store, run, (payer) => answerCache(store.objects, store.clock, payer)))
}
