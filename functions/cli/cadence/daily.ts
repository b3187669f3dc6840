/** `autotune cadence daily`: judges the days that are ready, and starts the runs that broken bands queue. */
import { thisProcess } from '#adapters/local/holder.ts'
import { chosenReplayer, type LocalEngine, openEngine } from '../../embedded/engine.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { UserError } from '../../errors.ts'
import { judgedDays, readDay } from '../../steps/cadence/daily.ts'
import { judgeDays } from '../../steps/cadence/judge.ts'
import { pendingRuns, type QueuedRun, queuedRuns } from '../../steps/cadence/queued.ts'
import { type RecordedDays, recordedDays } from '../../steps/cadence/recorded-days.ts'
import { runTarget } from '../../steps/run/run.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { type CadenceOptions, dayOf, exitOf } from './options.ts'
import { dayLines, emptyLines, openLine, type Started, startedLines } from './text.ts'

interface Options extends CadenceOptions {
  readonly date?: string
  readonly exitCode: boolean
  /** False: judge only. */
  readonly runs: boolean
  readonly replayer?: string
}

export async function daily({ json, bands: file, date, exitCode, runs: starts, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const days = await judgeDays(store, bands, asked)
    const judged = await judgedDays(store)
    if (judged.length === 0) throw new UserError('no day is ready yet')
    const started = starts ? await startRuns(store, await pendingRuns(store, bands), o.replayer) : []
    const shown = days.at(-1) ?? (await readDay(store, asked ?? judged.at(-1)!))
    const runs = await queuedRuns(store, bands, [shown])
    const empty: RecordedDays[] = []
    for (const { intent, slice } of shown.intents) if (slice.runs === 0) empty.push(await recordedDays(store, intent))
    print(json, { judged: days.map((day) => day.date), day: shown, runs, started, empty }, () => [
      ...(days.length === 0 ? [openLine(shown.date, bands)] : []),
      ...days.slice(0, -1).map((day) => `${day.date}  judged too: it had been missed`),
      ...dayLines(shown, runs, o),
      ...emptyLines(shown.date, empty),
      ...startedLines(started, o),
    ])
    return exitOf(days.length === 0 ? [shown] : days, exitCode)
  } finally {
    store.close()
  }
}

async function startRuns(
  store: LocalStore,
  queued: readonly QueuedRun[],
  replayer: string | undefined,
): Promise<Started[]> {
  const started: Started[] = []
  for (const { run_id, intent, metric, target, verdict } of queued) {
    if (verdict !== null) continue
    if (target === null) {
      started.push({ run_id, verdict: null, reason: 'its band names no target any more' })
      continue
    }
    await store.unlockVault()
    let engine: LocalEngine | null = null
    try {
      engine = await openEngine(store, intent, {
        replayer: chosenReplayer(target, `the target of ${metric}`, replayer),
      })
      const request = { target, candidates: null, runId: run_id, demonstration: null }
      const summary = await runTarget(store, request, thisProcess(), engine)
      started.push({ run_id, verdict: summary.verdict, reason: summary.reasons[0] ?? null })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      started.push({ run_id, verdict: null, reason: error.message })
    } finally {
      engine?.close()
    }
  }
  return started
}
