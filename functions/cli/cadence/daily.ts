/** `autotune cadence daily`: judges the days that are ready, and starts the runs that broken bands queue. */
import { thisProcess } from '#adapters/local/holder.ts'
import { daysBetween, newestReady } from '#core/cadence/days.ts'
import { type Bands, edgeProblem } from '#schemas/bands.ts'
import { chosenReplayer, type LocalEngine, openEngine } from '../../embedded/engine.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { UserError } from '../../errors.ts'
import { judgedDays, readDay } from '../../steps/cadence/daily.ts'
import { judgeDays } from '../../steps/cadence/judge.ts'
import { refuseUnknownIntents } from '../../steps/cadence/kept-bands.ts'
import { pendingRuns, type QueuedRun, queuedRuns } from '../../steps/cadence/queued.ts'
import { type RecordedDays, recordedDays } from '../../steps/cadence/recorded-days.ts'
import { runTarget } from '../../steps/run/run.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { readBands, takeBudget } from './bands.ts'
import { type CadenceOptions, dayOf, exitOf } from './options.ts'
import { dayLines, emptyLines, missedLines, openLine, type Started, startedLines } from './text.ts'

interface Options extends CadenceOptions {
  readonly date?: string
  readonly exitCode: boolean
  /** False: judge only. */
  readonly runs: boolean
  readonly replayer?: string
  readonly cage?: boolean
}

export async function daily({ json, bands: file, date, exitCode, runs: starts, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const problem = edgeProblem(bands)
  if (problem !== null) throw new UserError(`${file}: ${problem}. No day was judged`)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    await refuseUnknownIntents(store, bands)
    const budget = await takeBudget(store, bands)
    if (asked === null) await refuseEmptyDays(store, bands)
    const days = await judgeDays(store, bands, asked)
    const started = starts ? await startRuns(store, await pendingRuns(store, bands), o) : []
    const shown = days.at(-1) ?? (await readDay(store, asked ?? (await judgedDays(store)).at(-1)!))
    const runs = await queuedRuns(store, bands, [shown])
    const empty: RecordedDays[] = []
    for (const { intent, slice } of shown.intents) if (slice.runs === 0) empty.push(await recordedDays(store, intent))
    print(json, { judged: days.map((day) => day.date), day: shown, runs, started, empty, budget }, () => [
      ...budget,
      ...(days.length === 0 ? [openLine(shown.date, bands)] : []),
      ...missedLines(days.slice(0, -1)),
      ...dayLines(shown, runs, o, file),
      ...emptyLines(shown.date, empty),
      ...startedLines(started, o),
    ])
    return exitOf(days.length === 0 ? [shown] : days, exitCode)
  } finally {
    store.close()
  }
}

/** Days in which nothing was recorded, and which a call judges all the same without being told to. */
const MOST_EMPTY = 31

/**
 * Days are judged once and in order, so a person says which where the clock alone would judge empty ones: the first that is judged, and
 * many at once behind the last recorded run. A clock that jumped would else close the days to come.
 */
async function refuseEmptyDays(store: LocalStore, bands: Bands): Promise<void> {
  const ready = newestReady(store.clock.now(), bands.ready_after_hours)
  const last = (await judgedDays(store)).at(-1)
  // Nothing is asked of the records where the routine runs as it should.
  if (last !== undefined && daysBetween(last, ready) <= MOST_EMPTY) return
  const days = (await Promise.all(bands.intents.map(({ intent }) => recordedDays(store, intent)))).flatMap(
    ({ oldest, newest }) => (oldest === null || newest === null ? [] : [{ oldest, newest }]),
  )
  const oldest = days.map((of) => of.oldest).sort()[0]
  const newest = days
    .map((of) => of.newest)
    .sort()
    .at(-1)
  if (last !== undefined) {
    const since = newest !== undefined && newest > last ? newest : last
    if (daysBetween(since, ready) > MOST_EMPTY)
      throw new UserError(
        `${daysBetween(since, ready)} days lie between ${since}, the last that was judged or has runs, and ${ready}, the newest day that is ready. Did the clock jump? Then set it right and remove ledger.sqlite-clock of the store, which keeps the latest time; if it is right, --date ${since} judges the days with runs, --date ${ready} the empty ones too. No day was judged`,
      )
    return
  }
  if (oldest === undefined || newest === undefined || newest >= ready) return
  throw new UserError(
    `nothing was recorded on ${ready}, the newest day that is ready; recorded runs are of ${oldest} to ${newest}. Days are judged in order, so say where to begin: --date ${oldest} for all of them, --date ${newest} for the last, --date ${ready} from now on`,
  )
}

async function startRuns(
  store: LocalStore,
  queued: readonly QueuedRun[],
  { replayer, cage }: Pick<Options, 'replayer' | 'cage'>,
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
        cage,
      })
      const request = { target, candidates: null, runId: run_id, demonstration: null }
      const summary = await runTarget(store, request, thisProcess(), engine)
      started.push({
        run_id,
        verdict: summary.verdict,
        reason: summary.verdict === 'certified' ? null : (summary.reasons[0] ?? null),
      })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      started.push({ run_id, verdict: null, reason: error.message })
    } finally {
      engine?.close()
    }
  }
  return started
}
