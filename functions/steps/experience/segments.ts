/** Lists that are only ever added to: segments of JSON lines, each named by its content, so that the same lines again change nothing. */
import { canonical, digestOfBytes } from '#core/canonical.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { HeldLines } from '../../streams/held-lines.ts'
import { digestOfObject, streamValues } from '../../streams/read-object.ts'

const SEGMENT_LINES = 10_000
const ROOM_BYTES = 1024 * 1024

/** Is told each line, and then of the segment that they make, before it is written. */
interface Noting<T> {
  line(line: T): void
  segment(digest: string): Promise<void>
}

/** Adds lines. `keyOf`: key of a segment by its digest. */
export async function addSegments<T>(
  objects: ObjectStore,
  lines: AsyncIterable<T> | Iterable<T>,
  keyOf: (digest: string) => string,
  noting?: Noting<T>,
): Promise<void> {
  let text = new HeldLines(ROOM_BYTES)
  let count = 0
  const end = async () => {
    const { bytes } = text
    const digest = digestOfBytes(bytes)
    await noting?.segment(digest)
    await objects.putIfAbsent(keyOf(digest), bytes)
    // Another one: a store in memory keeps the bytes that it is given.
    text = new HeldLines(ROOM_BYTES)
    count = 0
  }
  for await (const line of lines) {
    text.add(canonical(line))
    noting?.line(line)
    if (++count === SEGMENT_LINES) await end()
  }
  if (count > 0) await end()
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
