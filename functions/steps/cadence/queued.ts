/** Runs that judged days queued: which of them are still to be started, and how the others ended. */
import type { Band, Bands } from '#schemas/bands.ts'
import type { DailyCadence } from '#schemas/cadence.ts'
import type { RunManifest, Verdict } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { judgedDays, readDay } from './daily.ts'

/** Days for which a queued run that was never started is started after all. */
const MOST_PENDING = 14

/** A run that a broken band started or is to start. */
export interface QueuedRun {
  readonly run_id: string
  readonly intent: string
  readonly metric: Band['metric']
  /** Null: the bands of today have no target for it any more. */
  readonly target: TuningTarget | null
  /** Null: it did not run yet. */
  readonly verdict: Verdict | null
}

/** Runs that the newest judged days queued, in their order: those that did not run yet are to be started. */
export async function pendingRuns(store: Pick<Store, 'objects'>, bands: Bands): Promise<QueuedRun[]> {
  const days = (await judgedDays(store)).slice(-MOST_PENDING)
  return await queuedRuns(store, bands, await Promise.all(days.map((day) => readDay(store, day))))
}

/** Runs that some days queued, in their order. */
export async function queuedRuns(
  store: Pick<Store, 'objects'>,
  bands: Bands,
  days: readonly DailyCadence[],
): Promise<QueuedRun[]> {
  const runs: QueuedRun[] = []
  for (const { intents } of days)
    for (const { intent, queue } of intents)
      for (const { run_id, metric } of queue) {
        if (run_id === null) continue
        const band = bands.intents.find((one) => one.intent === intent)?.bands.find((one) => one.metric === metric)
        const target = typeof band?.target === 'object' ? band.target : null
        runs.push({ run_id, intent, metric, target, verdict: await verdictOf(store, run_id) })
      }
  return runs
}

/** How a run ended, also before its search; null: it did not end yet. */
export async function verdictOf({ objects }: Pick<Store, 'objects'>, run: string): Promise<Verdict | null> {
  const manifest = await readJson<RunManifest>(objects, keys.autotuneRun(run, 'manifest.json'))
  if (manifest) return manifest.verdict
  return (await objects.get(keys.refusal(run))) === null ? null : 'refused'
}
