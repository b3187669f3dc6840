/** A page of runs, newest first, from the lines that are kept of them; older stores by their manifests, as far as a page may read. */
import { RunManifest } from '#schemas/run.ts'
import type { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { RunsView } from '../../pages/workbench/views.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { runLines } from '../run/run-lines.ts'
import type { UnfinishedRun } from '../run/unfinished.ts'
import { lineOfRun, type RunRow, rowOf } from './run-list.ts'

export interface RunsAsked {
  readonly intent: string | null
  readonly verdict: string | null
  /** Place to go on behind; null: the first page. */
  readonly after: string | null
}

/** Rows of a page, lines that one may look at, and runs without a line that the last one may read. */
export const RUNS_PAGE = { rows: 50, lines: 200, unkept: 100 } as const

/** @param unfinished runs that are under way or were interrupted */
export async function readRuns(
  store: Store,
  { intent, verdict, after }: RunsAsked,
  unfinished: readonly UnfinishedRun[],
): Promise<RunsView> {
  const isAsked = (line: Pick<RunLine, 'intent' | 'verdict'>) =>
    (intent === null || line.intent === intent) && (verdict === null || line.verdict === verdict)
  const rows: RunRow[] = after === null && verdict === null ? unfinishedRows(unfinished, intent) : []
  let looked = 0
  let next: string | null = null
  for await (const { at, line } of runLines(store.objects, after ?? '')) {
    if (isAsked(line)) rows.push(await rowOf(store, line))
    if (++looked < RUNS_PAGE.lines && rows.length < RUNS_PAGE.rows) continue
    next = at
    break
  }
  const unkept = next === null ? await unkeptLines(store) : null
  for (const line of unkept?.lines ?? []) if (isAsked(line)) rows.push(await rowOf(store, line))
  return {
    rows,
    intents: await intentsOf(store),
    intent,
    verdict,
    next,
    looked,
    later: after !== null,
    unkept: unkept && { looked: unkept.looked, all: unkept.all },
  }
}

const unfinishedRows = (unfinished: readonly UnfinishedRun[], intent: string | null): RunRow[] =>
  unfinished
    .filter((one) => intent === null || one.intent === intent)
    .map((one) => ({
      run_id: one.run,
      date: one.since,
      intent: one.intent,
      change: null,
      gain: null,
      worse: null,
      verdict: null,
      status: one.status,
      reasons: [],
      unfinished: one,
    }))

/** Finished runs of which no line is kept, among the first so many, newest first. */
async function unkeptLines({ objects }: Store) {
  const lines: RunLine[] = []
  let looked = 0
  for await (const key of objects.list(keys.autotune())) {
    if (!key.endsWith('/manifest.json')) continue
    if (looked === RUNS_PAGE.unkept) return { lines: newestFirst(lines), looked, all: false }
    looked++
    const manifest = RunManifest.safeParse(jsonOf((await readText(objects, key)) ?? '')).data
    if (!manifest || (await objects.read(keys.runLine(manifest.finished_at, manifest.run_id))) !== null) continue
    lines.push(await lineOfRun(objects, manifest))
  }
  return { lines: newestFirst(lines), looked, all: true }
}

const newestFirst = (lines: readonly RunLine[]): RunLine[] => lines.toSorted((a, b) => (a.date < b.date ? 1 : -1))
