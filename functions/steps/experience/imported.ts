/**
 * What imports into a deployment say of the runs that they listed, on the side where these lie: the journal is for ingest alone,
 * and without a list of what there was nobody could tell that something is gone.
 */
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { addSegments, segmentValues } from './segments.ts'

/** A run, and the digest of its decision record, which seals its other files. */
export interface ImportedRun {
  readonly run: string
  readonly record: string
  /** Digest of its compiled line. Absent: it lies in a folder, and a version before 0.3.0 imported it. */
  readonly compiled?: string
}

/** Notes runs once the index lists them. */
export const noteImported = (objects: ObjectStore, runs: Iterable<ImportedRun>): Promise<void> =>
  addSegments(objects, runs, keys.importedSegment)

/** Every run that an import noted on this side. */
export const readImported = (objects: ObjectStore): AsyncGenerator<ImportedRun> =>
  segmentValues<ImportedRun>(objects, keys.imported())
