/**
 * What imports into a deployment say of the runs that they listed, on the side where these lie: the journal is for ingest alone,
 * and without a list of what there was nobody could tell that something is gone.
 */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { streamLines } from '../../streams/read-object.ts'

/** A run, and the digest of its decision record, which seals its other files. */
export interface ImportedRun {
  readonly run: string
  readonly record: string
}

const SEGMENT_LINES = 10_000

/** Notes runs once the index lists them. A segment is named by its content: the same import again adds nothing. */
export async function noteImported(objects: ObjectStore, runs: Iterable<ImportedRun>): Promise<void> {
  for await (const lines of inShards(runs, SEGMENT_LINES)) {
    const text = canonicalLines(lines)
    await objects.putIfAbsent(keys.importedSegment(digestOfBytes(text)), text)
  }
}

/** Every run that an import noted on this side. */
export async function* readImported(objects: ObjectStore): AsyncGenerator<ImportedRun> {
  for await (const key of objects.list(keys.imported()))
    for await (const text of streamLines(objects, key)) yield JSON.parse(text) as ImportedRun
}
