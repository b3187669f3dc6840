/** `autotune cadence`: the routine of a team, from cron or CI. One function a verb. */
import { thisProcess } from '#adapters/local/holder.ts'
import { dayAfter } from '#core/cadence/days.ts'
import { dailyMeans, learnedMedian } from '#core/cadence/learn.ts'
import { type Bands, LEAST_LEARNED_DAYS } from '#schemas/bands.ts'
import type { DailyCadence } from '#schemas/cadence.ts'
import { Day } from '#schemas/common.ts'
import { openEngine } from '../embedded/engine.ts'
import type { LocalStore } from '../embedded/open-store.ts'
import { UserError } from '../errors.ts'
import { judgeDays, judgedDays, readDay } from '../steps/cadence/daily.ts'
import { type QueuedRun, queuedRuns } from '../steps/cadence/queued.ts'
import { linesByDay, measuredBy, rowsOf } from '../steps/cadence/slice-rows.ts'
import { verifyDay } from '../steps/cadence/verify.ts'
import { runTarget } from '../steps/run/run.ts'
import { readBands } from './bands.ts'
import { existingStore } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { dayLines, openLine, type Started, startedLines } from './text-cadence.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly bands: string
  readonly date?: string
  readonly exitCode: boolean
}

/** Days for which a queued run that was never started is started after all. */
const MOST_PENDING = 14

/** Judges the days that are ready, and starts the runs that they queue. */
export async function daily({
  json,
  bands: file,
  date,
  exitCode,
  runs: starts,
  ...o
}: Options & { readonly runs: boolean }): Promise<number> {
  const bands = readBands(file)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const days = await judgeDays(store, bands, asked)
    const judged = await judgedDays(store)
    if (judged.length === 0) throw new UserError('no day is ready yet')
    const pending = await Promise.all(judged.slice(-MOST_PENDING).map((day) => readDay(store, day)))
    const queued = await queuedRuns(store, bands, pending)
    const started = starts ? await startRuns(store, queued) : []
    const shown = days.at(-1) ?? (await readDay(store, asked ?? judged.at(-1)!))
    const runs = await queuedRuns(store, bands, [shown])
    print(json, { judged: days.map((day) => day.date), day: shown, runs, started }, () => [
      ...(days.length === 0 ? [openLine(shown.date, bands)] : []),
      ...days.slice(0, -1).map((day) => `${day.date}  judged too: it had been missed`),
      ...dayLines(shown, runs, o),
      ...startedLines(started, o),
    ])
    return exitOf(days.length === 0 ? [shown] : days, exitCode)
  } finally {
    store.close()
  }
}

async function startRuns(store: LocalStore, queued: readonly QueuedRun[]): Promise<Started[]> {
  const started: Started[] = []
  for (const { run_id, intent, target, verdict } of queued) {
    if (verdict !== null) continue
    if (target === null) {
      started.push({ run_id, verdict: null, reason: 'its band names no target any more' })
      continue
    }
    await store.unlockVault()
    const engine = await openEngine(store, intent, { replayer: 'transcript' })
    try {
      const request = { target, candidates: null, runId: run_id, demonstration: null }
      const summary = await runTarget(store, request, thisProcess(), engine)
      started.push({ run_id, verdict: summary.verdict, reason: summary.reasons[0] ?? null })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      started.push({ run_id, verdict: null, reason: error.message })
    } finally {
      engine.close()
    }
  }
  return started
}

/** A judged day on one screen. */
export async function show(date: string | undefined, { json, bands: file, exitCode, ...o }: Options): Promise<number> {
  const store = existingStore(o.store)
  try {
    const judged = await judgedDays(store)
    if (judged.length === 0)
      throw new UserError('no day was judged in this store: "autotune cadence daily" judges the newest that is ready')
    const day = await readDay(store, date === undefined ? judged.at(-1)! : dayOf(date))
    const runs = await queuedRuns(store, readBands(file), [day])
    print(json, { day, runs }, () => dayLines(day, runs, o))
    return exitOf([day], exitCode)
  } finally {
    store.close()
  }
}

const exitOf = (days: readonly DailyCadence[], exitCode: boolean): number =>
  exitCode && days.some((day) => day.intents.some(({ series }) => series.some(({ state }) => state === 'moved')))
    ? 3
    : 0

/** `verify --cadence DATE`. */
export async function verifyCadence(
  date: string,
  { json, bands: file, ...o }: StoreOptions & { readonly json: boolean; readonly bands: string | undefined },
): Promise<number> {
  const bands = file === undefined ? null : readBands(file)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const result = await verifyDay(store, dayOf(date), bands)
    const holds = result.problems.length === 0
    print(json, { ...result, reproducible: holds }, () => [
      `${holds ? 'reproducible' : 'NOT REPRODUCIBLE'}: ${date}, ${result.intents} intents, ${result.runs} runs${bands ? ', recomputed from the recorded runs' : '; chain and rows only: with --bands FILE it is recomputed'}`,
      ...[...result.problems, ...result.erased].map((line) => `   ${line}`),
    ])
    return holds ? 0 : 2
  } finally {
    store.close()
  }
}

interface LearnOptions extends StoreOptions {
  readonly json: boolean
  readonly bands: string
  readonly from: string
  readonly to: string
  readonly tolerance: number
}

/** A learned edge, as JSON to be put into the bands. Writes nothing: an edge changes as any file that people review does. */
export async function learn(
  intent: string,
  metric: string,
  { json, bands: file, from, to, tolerance, ...o }: LearnOptions,
): Promise<number> {
  const bands = readBands(file)
  const { of, band } = bandOf(bands, file, intent, metric)
  const [first, last] = [dayOf(from), dayOf(to)]
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const lines = await linesByDay(store, intent, (day) => day >= first && day <= last)
    const by = await measuredBy(store, of)
    const days: string[] = []
    for (let day = first; day <= last; day = dayAfter(day)) days.push(day)
    const rows = await Promise.all(days.map((day) => rowsOf(store, lines.get(day) ?? [], by)))
    const means = dailyMeans(rows, band)
    const median = learnedMedian(means)
    if (median === null)
      throw new UserError(
        `${means.length} days of ${first} to ${last} have recorded runs of ${intent} that all measure ${metric}; a learned edge needs at least ${LEAST_LEARNED_DAYS}: choose a longer period, or declare the edge`,
      )
    const edge = { from: first, to: last, median, tolerance }
    print(json, { edge, days: means.length }, () => [
      `median   ${median} over ${means.length} days (least ${Math.min(...means)}, most ${Math.max(...means)})`,
      `put it   into ${file}, as "above" or "below" of ${metric}:`,
      JSON.stringify(edge),
      'note     a learned edge promises no rate of false alarms: only a declared one does',
    ])
    return 0
  } finally {
    store.close()
  }
}

function bandOf(bands: Bands, file: string, intent: string, metric: string) {
  const of = bands.intents.find((one) => one.intent === intent)
  const band = of?.bands.find((one) => one.metric === metric)
  if (!of || !band)
    throw new UserError(
      `${file} has no band of ${metric} for ${intent}: write one with an edge to begin with, which says its range or limit`,
    )
  return { of, band }
}

function dayOf(text: string): string {
  const parsed = Day.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UserError(`"${text}" is no day: ${parsed.error.issues[0]!.message}, e.g. 2026-11-28`)
}
