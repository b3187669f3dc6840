/** A page of runs, newest first, from the lines that are kept of them; older stores by their manifests, as far as a page may read. */
import type { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { RunsView } from '../../pages/workbench/views.ts'
import type { Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { runLines } from '../run/run-lines.ts'
import type { UnfinishedRun } from '../run/unfinished.ts'
import { lineOfRun, manifestIn, type RunRow, rowOf, unfinishedRow } from './run-list.ts'

interface RunsAsked {
  readonly intent: string | null
  readonly verdict: string | null
  /** Place to go on behind; null: the first page. */
  readonly after: string | null
}

/** Rows of a page, lines that one may look at, and runs without a line that the last one may read. */
export const RUNS_PAGE = { rows: 50, lines: 200, unkept: 100 } as const

/** @param unfinished finds the runs that are under way or were interrupted, where a page shows them */
export async function readRuns(
  store: Store,
  { intent, verdict, after }: RunsAsked,
  unfinished: () => Promise<readonly UnfinishedRun[]>,
): Promise<RunsView> {
  const isAsked = (line: Pick<RunLine, 'intent' | 'verdict'>) =>
    (intent === null || line.intent === intent) && (verdict === null || line.verdict === verdict)
  const rows: RunRow[] =
    after === null && verdict === null
      ? (await unfinished()).filter((one) => intent === null || one.intent === intent).map(unfinishedRow)
      : []
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

/** Finished runs of which no line is kept, among the first so many, newest first. */
async function unkeptLines({ objects }: Store) {
  const lines: RunLine[] = []
  let looked = 0
  for await (const key of objects.list(keys.autotune())) {
    if (!key.endsWith('/manifest.json')) continue
    if (looked === RUNS_PAGE.unkept) return { lines: newestFirst(lines), looked, all: false }
    looked++
    const manifest = manifestIn(await readText(objects, key))
    if (!manifest || (await objects.read(keys.runLine(manifest.finished_at, manifest.run_id))) !== null) continue
    lines.push(await lineOfRun(objects, manifest))
  }
  return { lines: newestFirst(lines), looked, all: true }
}

const newestFirst = (lines: readonly RunLine[]): RunLine[] => lines.toSorted((a, b) => (a.date < b.date ? 1 : -1))
