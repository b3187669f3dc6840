/** Lists that are only ever added to: segments of JSON lines, each named by its content, so that the same lines again change nothing. */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { streamValues } from '../../streams/read-object.ts'

const SEGMENT_LINES = 10_000

/** Adds lines. `keyOf`: key of a segment by its digest. */
export async function addSegments(
  objects: ObjectStore,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
  keyOf: (digest: string) => string,
): Promise<void> {
  for await (const shard of inShards(lines, SEGMENT_LINES)) {
    const text = canonicalLines(shard)
    await objects.putIfAbsent(keyOf(digestOfBytes(text)), text)
  }
}

/** Every line of the segments below a prefix. */
export async function* segmentValues<T>(objects: ObjectStore, prefix: string): AsyncGenerator<T> {
  for await (const key of objects.list(prefix)) yield* streamValues<T>(objects, key)
}
