/** A run in a folder of its own, compiled beside its five files: which is written first, and which last. */
import type { IndexLine } from '#core/experience/index-line.ts'
import type { RunFiles } from '#core/experience/run-files.ts'
import { keys, RUN_FILES, type RunFile } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'

const LAST = 'decision-record.json'

/**
 * Files of a run in the order in which they are written. The decision record seals the others, so it comes last: a run
 * without one does not exist yet.
 */
export const WRITTEN_ORDER: readonly RunFile[] = [...RUN_FILES.filter((file) => file !== LAST), LAST]

/** Writes a run's files. `compiled`: as what it was compiled; null: nobody knows. */
export async function writeRun(
  objects: ObjectStore,
  run: Pick<IndexLine, 'date' | 'run_id'>,
  files: RunFiles,
  compiled: string | null,
): Promise<void> {
  const folder = keys.run(run.date, run.run_id)
  const put = (file: RunFile) => objects.put(`${folder}${file}`, files[file])
  await Promise.all([
    ...WRITTEN_ORDER.filter((file) => file !== LAST).map(put),
    compiled === null ? null : objects.put(keys.runCompiled(run.date, run.run_id), compiled),
  ])
  await put(LAST)
}

/** Removes a run's files, the other way. */
export async function removeRun(
  objects: ObjectStore,
  { date, run_id }: Pick<IndexLine, 'date' | 'run_id'>,
): Promise<void> {
  for (const file of WRITTEN_ORDER.toReversed()) await objects.delete(`${keys.run(date, run_id)}${file}`)
  await objects.delete(keys.runCompiled(date, run_id))
}
