/** Lists that are only ever added to: segments of JSON lines, each named by its content, so that the same lines again change nothing. */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { digestOfObject, streamValues } from '../../streams/read-object.ts'

const SEGMENT_LINES = 10_000

/** Adds lines. `keyOf`: key of a segment by its digest; `noting`: told of each, before it is written. */
export async function addSegments(
  objects: ObjectStore,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
  keyOf: (digest: string) => string,
  noting: (digest: string, lines: readonly unknown[]) => Promise<void> = async () => {},
): Promise<void> {
  for await (const shard of inShards(lines, SEGMENT_LINES)) {
    const text = canonicalLines(shard)
    const digest = digestOfBytes(text)
    await noting(digest, shard)
    await objects.putIfAbsent(keyOf(digest), text)
  }
}

/** Key of a segment that takes the place of another one. */
export const besideOf = (key: string, digest: string): string =>
  `${key.slice(0, key.lastIndexOf('/') + 1)}${digest.slice('sha256:'.length)}.jsonl`

/** Is an object there, and are its bytes those that it is named by? null: it is not there. `ending`: what follows the digest. */
export async function isAsNamed(objects: ObjectStore, key: string, ending: string): Promise<boolean | null> {
  const digest = await digestOfObject(objects, key)
  return digest === null ? null : key.endsWith(`/${digest.slice('sha256:'.length)}${ending}`)
}

/** Keys of the segments below a prefix that are wanted, each found to be what its name says. Throws DamagedObject. */
export async function* soundSegments(
  objects: ObjectStore,
  prefix: string,
  isWanted: (key: string) => Promise<boolean> = async () => true,
): AsyncGenerator<string> {
  for await (const key of objects.list(prefix)) {
    if (!(await isWanted(key))) continue
    if (!(await isAsNamed(objects, key, '.jsonl')))
      throw new DamagedObject(
        key,
        'its content is not what its name says',
        key.startsWith(keys.indexes()) ? ', or remove it and import the same runs again, which writes it anew' : '',
      )
    yield key
  }
}

/** Every line of the segments below a prefix. */
export async function* segmentValues<T>(objects: ObjectStore, prefix: string): AsyncGenerator<T> {
  for await (const key of soundSegments(objects, prefix)) yield* streamValues<T>(objects, key)
}
