/** A file of a finished run, held to the digest that the run's manifest has of it. */
import type { RunManifest } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { digestOfObject } from '../../streams/read-object.ts'
import { erasuresOf } from '../store/erasures.ts'

/** Null: it is what the manifest has. `erased`: what took the recorded runs behind it; null: it was changed, or is missing. */
export async function lostFile(
  store: Store,
  runId: string,
  { artifacts }: Pick<RunManifest, 'artifacts'>,
  file: AutotuneFile,
) {
  const expected = artifacts[file]
  const found = await digestOfObject(store.objects, keys.autotuneRun(runId, file))
  if (found !== null && found === expected) return null
  return { erased: expected === undefined ? null : (await erasuresOf(store)).explains(expected, found) }
}
