/**
 * Which runs an intent has, on one side of the store: segments that are only ever added, so that ingest lists runs in the
 * vault without reading it, and nobody lists a million folders.
 */
import { caseOf, familyHash, type IndexLine } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { streamLines } from '../../streams/read-object.ts'
import { FamilyLinks } from './family-links.ts'
import { addSegments, segmentValues, soundSegments } from './segments.ts'

/** Adds runs. */
export const addToIndex = (
  objects: ObjectStore,
  intent: string,
  runs: AsyncIterable<IndexLine> | Iterable<IndexLine>,
): Promise<void> => addSegments(objects, runs, (digest) => keys.indexSegment(intent, digest))

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

/** Families as they were recorded on a side, each with one of its runs; some come more than once. */
export const recordedFamilies = (
  objects: ObjectStore,
  intent: string,
): AsyncGenerator<Pick<IndexLine, 'family' | 'run_id'>> => segmentValues(objects, keys.index(intent))

/** Hashed ids of the runs that the indexes of any intent list on a side; some come more than once. */
export async function* indexedRuns(objects: ObjectStore): AsyncGenerator<string> {
  for await (const { run_id } of segmentValues<IndexLine>(objects, keys.indexes())) yield familyHash(run_id)
}

async function* readCounted(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  without: (family: string) => boolean,
): AsyncGenerator<{ readonly line: IndexLine; readonly counts: boolean }> {
  const sorted = scratch()
  const aside = scratch()
  try {
    const links = await FamilyLinks.read(objects, intent, aside)
    const leftOut = links.leftOut(without)
    for await (const key of soundSegments(objects, keys.index(intent)))
      for await (const text of streamLines(objects, key)) {
        const line = JSON.parse(text) as IndexLine
        // No name holds a NUL, so that a case sorts before every case that begins with its name.
        sorted.set(`${caseOf(line)}\u0000${line.run_id}`, text)
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
