/**
 * Which runs an intent has, on one side of the store: segments that are only ever added, so that ingest lists runs in the
 * vault without reading it, and nobody lists a million folders.
 */
import { canonical } from '#core/canonical.ts'
import { daysOf, type RunsByDay } from '#core/experience/days.ts'
import { caseRun, familyHash, type IndexLine } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { orNull, readJson, streamLines, streamValues } from '../../streams/read-object.ts'
import { FamilyLinks } from './family-links.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { addSegments, segmentValues, soundSegments } from './segments.ts'

/**
 * Adds runs, and beside each segment how many it lists of each day.
 * @param again they are listed already, and lie elsewhere now: they count for no day
 */
export function addToIndex(
  objects: ObjectStore,
  intent: string,
  runs: AsyncIterable<IndexLine> | Iterable<IndexLine>,
  again = false,
): Promise<void> {
  let dated: Pick<IndexLine, 'date'>[] = []
  return addSegments(objects, runs, (digest) => keys.indexSegment(intent, digest), {
    line({ date }) {
      if (!again) dated.push({ date })
    },
    async segment(digest) {
      await objects.putIfAbsent(keys.indexDays(intent, digest), `${canonical(daysOf(dated))}\n`)
      dated = []
    },
  })
}

/**
 * Every run of an intent once, ordered by case and then by run: whoever reads in this order meets a case's runs together.
 * Each stands under the family that it counts for. The lines are put aside and sorted there, never held whole.
 */
export async function* readIndex(store: Pick<Store, 'objects' | 'scratch'>, intent: string): AsyncGenerator<IndexLine> {
  for await (const { line } of readCounted(store, intent, () => false)) yield line
}

/** The same, without families (hashed) that are left out, those that they are linked with, and those that are burned. */
export async function* readCounting(
  store: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  without: (family: string) => boolean,
): AsyncGenerator<IndexLine> {
  for await (const { line, counts } of readCounted(store, intent, without)) if (counts) yield line
}

/** Lines under the index of an intent as they were written, in no order; a run that was packed since has two. */
export const linesUnder = (objects: ObjectStore, index: string): AsyncGenerator<IndexLine> =>
  segmentValues(objects, index)

/** Prefixes of the indexes of a side, one for each intent. */
export async function indexesOf(objects: ObjectStore): Promise<readonly string[]> {
  const found = new Set<string>()
  for await (const key of objects.list(keys.indexes())) found.add(key.slice(0, key.lastIndexOf('/') + 1))
  return [...found]
}

/** Families as they were recorded on a side, each with one of its runs; some come more than once. */
export const recordedFamilies = (
  objects: ObjectStore,
  intent: string,
): AsyncGenerator<Pick<IndexLine, 'family' | 'run_id'>> => segmentValues(objects, keys.index(intent))

/** Ids of the runs that the index of an intent lists on a side; some come more than once. */
export async function* indexedRunIds(objects: ObjectStore, intent: string): AsyncGenerator<string> {
  for await (const { run_id } of segmentValues<IndexLine>(objects, keys.index(intent))) yield run_id
}

/**
 * The same without segments all of whose runs are of earlier days: what a rollout's log holds cannot lie there. Days are told beside a
 * segment; one of which none are told, or of undated runs, is read. A segment that lists no day repeats runs of others.
 * @param since first day, `YYYY-MM-DD`
 */
export async function* indexedRunIdsSince(objects: ObjectStore, intent: string, since: string): AsyncGenerator<string> {
  const mayHold = async (key: string) => {
    const days = await orNull(readJson<RunsByDay>(objects, keys.indexDays(intent, digestIn(key))))
    return days === null || Object.keys(days).some((day) => day >= since)
  }
  for await (const key of soundSegments(objects, keys.index(intent), mayHold))
    for await (const { run_id } of streamValues<IndexLine>(objects, key)) yield run_id
}

/** The digest that a segment, or a list of segments, is named by. */
export const digestIn = (key: string): string =>
  `sha256:${key.slice(key.lastIndexOf('/') + 1).replace(/\.jsonl?$/, '')}`

/** Hashed ids of the runs that the indexes of any intent list on a side, and where they lie; some come more than once. */
export async function* indexedRuns(
  objects: ObjectStore,
): AsyncGenerator<{ readonly run: string; readonly segment: string | null }> {
  for await (const { run_id, packed } of segmentValues<IndexLine>(objects, keys.indexes()))
    yield { run: familyHash(run_id), segment: packed?.segment ?? null }
}

/** The index line of one run of whatever intent; null: no index of this side lists it. */
export const findLine = async (objects: ObjectStore, runId: string): Promise<IndexLine | null> =>
  (await findLines(objects, ({ run_id }) => run_id === runId)).get(runId) ?? null

/** The index line of every run that is asked for, of whatever intent, by its id. */
export async function findLines(
  objects: ObjectStore,
  isAsked: (line: IndexLine) => boolean,
): Promise<Map<string, IndexLine>> {
  const recorded = new RecordedRuns(objects)
  const found = new Map<string, IndexLine>()
  for await (const line of segmentValues<IndexLine>(objects, keys.indexes())) {
    if (!isAsked(line)) continue
    const known = found.get(line.run_id)
    if (known === undefined || (await isBetter(recorded, line, known))) found.set(line.run_id, line)
  }
  return found
}

async function* readCounted(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  without: (family: string) => boolean,
): AsyncGenerator<{ readonly line: IndexLine; readonly counts: boolean }> {
  const sorted = scratch()
  const recorded = new RecordedRuns(objects)
  const aside = scratch()
  try {
    const links = await FamilyLinks.read(objects, intent, aside)
    const leftOut = links.leftOut(without)
    for await (const key of soundSegments(objects, keys.index(intent)))
      for await (const text of streamLines(objects, key)) {
        const line = JSON.parse(text) as IndexLine
        const key = caseRun(line)
        const known = sorted.get(key)
        if (known === null || (await isBetter(recorded, line, JSON.parse(known) as IndexLine))) sorted.set(key, text)
      }
    for (const [, text] of sorted.entries()) {
      const line = links.resolved(JSON.parse(text) as IndexLine)
      yield { line, counts: !leftOut(line.family) }
    }
  } finally {
    aside.close()
    sorted.close()
  }
}

/** Of two lines of a run: it was packed since, or packed again because its segment was broken. */
async function isBetter(recorded: RecordedRuns, line: IndexLine, known: IndexLine): Promise<boolean> {
  if (line.packed?.segment === known.packed?.segment) return false
  if (line.packed === undefined) return (await recorded.soundness(known.packed!.segment)) !== null
  return known.packed === undefined
    ? (await recorded.soundness(line.packed.segment)) === null
    : (await recorded.soundness(known.packed.segment)) !== null
}
