/** What a store holds: recorded runs a day, what their records lack, the sealed side by its published counts. */
import { addDays, daysOf, type RunsByDay } from '#core/experience/days.ts'
import type { IndexLine } from '#core/experience/index-line.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys, nameOf } from '#schemas/s3-keys.ts'
import type { MissingFields, StoreIntent, StoreView } from '../../pages/workbench/views.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { orNull, readJson, readLines, valueReader } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { digestIn } from '../experience/run-index.ts'
import { traceSelection } from '../experience/trace-imports.ts'
import { shortId } from '../run/forget.ts'
import { type Remembered, remembered } from '../run/memory.ts'
import { runLines } from '../run/run-lines.ts'
import { sealedCounts } from './intents.ts'
import { linesHolding } from './part-of-lines.ts'

/** Segments without counted days that are read, cases whose fields are looked at, and the latest runs that tell how many cases there are. */
export const MOST = { segments: 4, cases: 300, lines: 50 } as const

export async function readStore(store: Store): Promise<StoreView> {
  const intents: StoreIntent[] = []
  for (const intent of await intentsOf(store))
    intents.push({
      intent,
      ...(await daysOfIntent(store.objects, intent)),
      cases: await casesOf(store.objects, intent),
      fields: await missingFields(store.objects, intent),
      sealed: await sealedCounts(store, intent),
      memory: memoryView(await remembered(store, intent)),
    })
  const documents: string[] = []
  for await (const key of store.objects.list(keys.packs())) documents.push(nameOf(key.split('/').at(-2)!))
  return { intents, traces: await traceSelection(store.objects), documents: [...new Set(documents)] }
}

/** Limits on the search set are many, and shown by the candidate: here they are a count until one is lifted. */
function memoryView(all: readonly Remembered[]): StoreIntent['memory'] {
  const told = all.filter(({ record, lift }) => record.source !== 'search_guardrail' || lift !== null)
  return {
    seen: all.length - told.length,
    rows: told.map(({ record: { source, run_id, patches, reason, ...record }, lift }) => ({
      id: shortId(record),
      source,
      run_id,
      change: patches[0]!,
      reason,
      lifted: lift && { person: lift.person, at: lift.at, reason: lift.reason },
    })),
  }
}

/** Recorded runs by day, from what stands beside each segment of the index. */
async function daysOfIntent(objects: ObjectStore, intent: string): Promise<{ days: RunsByDay; uncounted: number }> {
  const counted: RunsByDay[] = []
  let left: number = MOST.segments
  let uncounted = 0
  for await (const key of objects.list(keys.index(intent))) {
    const days = await orNull(readJson<RunsByDay>(objects, keys.indexDays(intent, digestIn(key))))
    if (days !== null) counted.push(days)
    else if (left-- > 0) counted.push(daysOf(await readLines<IndexLine>(objects, key)))
    else uncounted++
  }
  return { days: addDays(counted), uncounted }
}

/** Cases of the newest search set, as the latest run on it pinned them; null: no run is known. */
async function casesOf(objects: ObjectStore, intent: string): Promise<number | null> {
  let looked = 0
  for await (const { line } of runLines(objects)) {
    if (line.intent === intent) {
      const run = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(line.run_id, 'target.json')))
      if (run?.search_set) return run.search_set.cases
    }
    if (++looked === MOST.lines) break
  }
  return null
}

const some = (values: readonly unknown[], is: (value: unknown) => boolean): boolean => values.some(is)
const isNull = (value: unknown): boolean => value === null || value === undefined

/** Fields by which rules, measures and surfaces stand or fall, and whether a recording lacks them. */
const FIELDS: Readonly<Record<string, (recording: Recording) => boolean>> = {
  'outcome.passed (label)': ({ outcome }) => isNull(outcome.passed) && isNull(outcome.score),
  'outcome.latency_ms': ({ outcome }) => isNull(outcome.latency_ms),
  'outcome.cost_cents': ({ outcome }) => isNull(outcome.cost_cents),
  'outcome.must_refuse': ({ outcome }) => isNull(outcome.must_refuse),
  'evidence (no passage)': ({ evidence }) => evidence.ref.length === 0,
  'evidence.source': ({ evidence }) => some(evidence.source, isNull),
  'model_call tokens': ({ calls }) => calls.step.length === 0 || some(calls.prompt_tokens, isNull),
  'tool_call.writes': ({ actions }) => some(actions.writes, isNull),
  'tool_call.confirmed (of a write)': ({ actions }) =>
    actions.writes.some((writes, i) => writes === true && isNull(actions.confirmed[i])),
  'tool_call.correct': ({ actions }) => some(actions.correct, isNull),
  'approval.asked': ({ approvals }) => some(approvals.asked, isNull),
}

async function missingFields(objects: ObjectStore, intent: string): Promise<MissingFields> {
  const part = { from: 0, most: MOST.cases, mostBytes: 8 * 1024 * 1024 }
  const key = keys.goldens(intent)
  const { lines, next } = await linesHolding(objects, key, '"case_id"', part)
  const caseIn = valueReader<ReplayCase>(objects, key)
  const recordings = lines.flatMap((line) => caseIn(line).recordings)
  const missing = Object.entries(FIELDS).map(([field, lacks]) => ({ field, runs: recordings.filter(lacks).length }))
  return { looked: recordings.length, all: next === null, missing: missing.filter(({ runs }) => runs > 0) }
}
