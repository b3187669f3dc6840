/** `autotune show RUN --files DIR`: the five files of a recorded run, wherever it lies. */
import { join } from 'node:path'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import { RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { RecordedRuns } from '../steps/experience/recorded-runs.ts'
import { findLine } from '../steps/experience/run-index.ts'
import { erasuresOf } from '../steps/store/erasures.ts'
import { openExisting } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

/** Writes the files of a run of the search side. What is held out stays out of sight until its version is retired. */
export async function showFiles(
  run: string,
  { json, files: dir, ...o }: StoreOptions & { readonly json: boolean; readonly files: string },
): Promise<number> {
  const store = await openExisting(o)
  try {
    const line = await findLine(store.objects, run)
    const texts = line && (await new RecordedRuns(store.objects).files(line))
    const erased = texts ? null : (await erasuresOf(store)).ofRun(familyHash(run))
    if (erased) throw new UserError(`recorded run "${run}" was ${erasedBy(erased)}`)
    if (!texts)
      throw new UserError(
        `no recorded run "${run}" on the search side of this store: --files takes the run_id of an imported record; a held-out one is not shown before its version is retired`,
      )
    const folder = fileStore(dir)
    for (const file of RUN_FILES)
      if (!(await folder.putIfAbsent(file, texts[file])))
        throw new UserError(`${join(dir, file)} is there already: name another folder`)
    print(json, { files: RUN_FILES.map((file) => join(dir, file)) }, () => RUN_FILES.map((file) => join(dir, file)))
    return 0
  } finally {
    store.close()
  }
}
