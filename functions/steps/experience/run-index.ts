/**
 * Which runs an intent has, on one side of the store: segments that are only ever added, so that ingest lists runs in the
 * vault without reading it, and nobody lists a million folders.
 */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { caseOf, type IndexLine } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { streamLines } from '../../streams/read-object.ts'

const SEGMENT_LINES = 10_000

/** Adds runs. A segment is named by its content, so the same runs added again change nothing. */
export async function addToIndex(
  objects: ObjectStore,
  intent: string,
  runs: AsyncIterable<IndexLine> | Iterable<IndexLine>,
): Promise<void> {
  for await (const lines of inShards(runs, SEGMENT_LINES)) {
    const text = canonicalLines(lines)
    await objects.putIfAbsent(keys.indexSegment(intent, digestOfBytes(text)), text)
  }
}

/**
 * Every run of an intent once, ordered by case and then by run: whoever reads in this order meets a case's runs together.
 * The lines are put aside and sorted there, never held whole.
 */
export async function* readIndex(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
): AsyncGenerator<IndexLine> {
  const sorted = scratch()
  try {
    for await (const key of objects.list(keys.index(intent)))
      for await (const text of streamLines(objects, key)) {
        const line = JSON.parse(text) as IndexLine
        // No name holds a NUL, so that a case sorts before every case that begins with its name.
        sorted.set(`${caseOf(line)}\u0000${line.run_id}`, text)
      }
    for (const [, text] of sorted.entries()) yield JSON.parse(text) as IndexLine
  } finally {
    sorted.close()
  }
}
