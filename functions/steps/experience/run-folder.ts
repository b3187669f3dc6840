/** A run in a folder of its own: which of its files is written first, and which last. */
import type { IndexLine } from '#core/experience/index-line.ts'
import type { RunFiles } from '#core/experience/run-files.ts'
import { keys, RUN_FILES, type RunFile } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'

const LAST = 'decision-record.json'

/**
 * Files of a run in the order in which they are written. The decision record seals the others, so it comes last: a run
 * without one does not exist yet. Whoever removes them goes the other way.
 */
export const WRITTEN_ORDER: readonly RunFile[] = [...RUN_FILES.filter((file) => file !== LAST), LAST]

/** Writes a run's files. */
export async function writeRun(
  objects: ObjectStore,
  run: Pick<IndexLine, 'date' | 'run_id'>,
  files: RunFiles,
): Promise<void> {
  const folder = keys.run(run.date, run.run_id)
  const put = (file: RunFile) => objects.put(`${folder}${file}`, files[file])
  await Promise.all(WRITTEN_ORDER.filter((file) => file !== LAST).map(put))
  await put(LAST)
}
