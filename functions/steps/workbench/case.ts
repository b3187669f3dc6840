/** A case of the search side: its recordings as they lie, and the runs that replayed it. The vault is never opened. */
import type { IndexLine } from '#core/experience/index-line.ts'
import { readRunFiles, TamperError } from '#core/experience/run-files.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { CaseRun, CaseView, RecordingView } from '../../pages/workbench/views.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { ahead } from '../../streams/groups.ts'
import { jsonOf, orNull, readJson, valueReader } from '../../streams/read-object.ts'
import { readCorrections } from '../experience/corrections.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { runLines } from '../run/run-lines.ts'
import { sortedLine } from './part-of-lines.ts'
import { replaysHolding } from './run.ts'

/** Most recordings of a case, runs on its intent and lines about runs that one page looks at. */
const MOST = { recordings: 5, runs: 20, lines: 100 } as const

/**
 * A case by the newest search set of its intent.
 * @param of a run whose replays of it are shown, from a byte of its results on
 * @returns null: the search side has none of this name; nothing tells whether the sealed side has
 */
export async function readCase(
  store: Store,
  intent: string,
  caseId: string,
  of: { readonly run: string; readonly from: number } | null,
): Promise<CaseView | null> {
  const found = await caseIn(store.objects, keys.goldens(intent), caseId)
  if (found === null) return null
  const recordings: RecordingView[] = []
  const corrections = await readCorrections(store.objects)
  for (const { run_id } of found.recordings.slice(0, MOST.recordings))
    recordings.push({
      ...(await recordingOf(store.objects, intent, run_id)),
      corrections: corrections.get(run_id) ?? [],
    })
  const named = `"case_id":${JSON.stringify(caseId)},`
  return {
    intent,
    case_id: caseId,
    recordings,
    runs: await runsWith(store.objects, intent, caseId),
    replays: of && { run: of.run, ...(await replaysHolding(store, of.run, named, of.from)) },
  }
}

/** A case of a search set, which lies in the order of its cases. */
async function caseIn(objects: ObjectStore, key: string, caseId: string): Promise<ReplayCase | null> {
  const nameOf = (line: string) => (jsonOf(line) as ReplayCase | undefined)?.case_id ?? null
  const line = await sortedLine(objects, key, caseId, nameOf)
  return line === null ? null : valueReader<ReplayCase>(objects, key)(line)
}

async function recordingOf(
  objects: ObjectStore,
  intent: string,
  run_id: string,
): Promise<Omit<RecordingView, 'corrections'>> {
  const line = await indexLineOf(objects, intent, run_id)
  if (line === null) return { run_id, run: 'no index of the search side lists it any more', decision_record: null }
  try {
    const files = await new RecordedRuns(objects).files(line)
    if (files === null) return { run_id, run: 'its files are not in this store any more', decision_record: null }
    return { run_id, run: readRunFiles(run_id, files).run, decision_record: files['decision-record.json'] }
  } catch (error) {
    if (error instanceof TamperError || error instanceof UserError)
      return { run_id, run: error.message, decision_record: null }
    throw error
  }
}

/** The line of a run in the index, that of a segment where it has two: it was packed since. Segments are looked through as bytes. */
async function indexLineOf(objects: ObjectStore, intent: string, run_id: string): Promise<IndexLine | null> {
  let found: IndexLine | null = null
  // Some segments are on their way while one is looked through.
  for await (const line of ahead(objects.list(keys.index(intent)), 4, (key) => lineIn(objects, key, run_id))) {
    if (line?.packed) return line
    found = line ?? found
  }
  return found
}

async function lineIn(objects: ObjectStore, key: string, run_id: string): Promise<IndexLine | null> {
  const { buffer, byteOffset, byteLength } = (await objects.get(key)) ?? new Uint8Array()
  const segment = Buffer.from(buffer, byteOffset, byteLength)
  const at = segment.indexOf(`"run_id":${JSON.stringify(run_id)}`)
  if (at < 0) return null
  const end = segment.indexOf('\n', at)
  const text = segment.toString('utf8', segment.lastIndexOf('\n', at) + 1, end < 0 ? segment.length : end)
  const line = jsonOf(text) as IndexLine | undefined
  return line?.run_id === run_id ? line : null
}

/** The latest runs on an intent, and whether the search set that each pinned holds a case. */
async function runsWith(objects: ObjectStore, intent: string, caseId: string): Promise<CaseRun[]> {
  const runs: CaseRun[] = []
  // Runs between two imports pin one search set.
  const held = new Map<string, boolean | null>()
  let looked = 0
  for await (const { line } of runLines(objects)) {
    if (line.intent === intent && line.verdict !== 'refused') {
      const { run_id, date, verdict } = line
      const key = await searchSetOf(objects, intent, run_id)
      if (key !== null && !held.has(key)) held.set(key, await holds(objects, key, caseId))
      runs.push({ run_id, date, verdict, held: key === null ? null : (held.get(key) ?? null) })
    }
    if (++looked === MOST.lines || runs.length === MOST.runs) break
  }
  return runs.filter(({ held }) => held !== false)
}

/** Key of the search set that a run pinned; null: nothing says which. */
async function searchSetOf(objects: ObjectStore, intent: string, run: string): Promise<string | null> {
  const pinned = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(run, 'target.json')))
  const digest = pinned?.search_set?.digest
  return digest === undefined ? null : keys.goldensAt(intent, digest)
}

/** Does a search set hold a case? null: it is not there any more. */
const holds = async (objects: ObjectStore, key: string, caseId: string): Promise<boolean | null> =>
  (await objects.read(key)) === null ? null : (await caseIn(objects, key, caseId)) !== null
