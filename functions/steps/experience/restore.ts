/** The same import again restores what is missing: files and index lines of runs that an earlier one stored. */
import { familyHash, type IndexLine } from '#core/experience/index-line.ts'
import type { RunFiles } from '#core/experience/run-files.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { readText, streamLines } from '../../streams/read-object.ts'
import type { Side, StoredRun } from './import-journal.ts'

/** Looks at stored runs; of a deployment at none, where every version of an object is kept and ingest reads no run. */
export class Restore {
  /** Runs that were restored. */
  runs = 0
  readonly #store: Store
  readonly #aside: Scratch
  #known = false

  constructor(store: Store, aside: Scratch) {
    this.#store = store
    this.#aside = aside
  }

  /**
   * Writes the files of a stored run that are not there, or are others.
   * @returns `true`: no index lists it on its side, so the caller must
   */
  async run(run: ExperienceRun, { side, unlisted }: StoredRun, files: () => RunFiles): Promise<boolean> {
    if (this.#store.rolesApart) return false
    await this.#readIndexes()
    const hashed = familyHash(run.run_id)
    const lists = (on: Side): boolean => this.#aside.get(`indexed ${on} ${hashed}`) !== null
    let restored = false
    // A run of a retired version lies on both sides.
    for (const on of ['search', 'heldout'] as const)
      if (on === side || lists(on)) restored = (await restoreFiles(this.#objectsOf(on), run, files)) || restored
    if (restored || (unlisted === undefined && !lists(side))) this.runs++
    return !lists(side)
  }

  async #readIndexes(): Promise<void> {
    if (this.#known) return
    this.#known = true
    for (const side of ['search', 'heldout'] as const)
      for await (const key of this.#objectsOf(side).list(keys.indexes()))
        for await (const text of streamLines(this.#objectsOf(side), key))
          this.#aside.set(`indexed ${side} ${familyHash((JSON.parse(text) as IndexLine).run_id)}`, '')
  }

  #objectsOf(side: Side): ObjectStore {
    return side === 'search' ? this.#store.objects : this.#store.vault
  }
}

/** The decision record comes last: a run without one is not whole. */
async function restoreFiles(objects: ObjectStore, run: ExperienceRun, files: () => RunFiles): Promise<boolean> {
  const folder = keys.run(run.date, run.run_id)
  const texts = files()
  const differ = await Promise.all(
    RUN_FILES.map(async (file) => (await readText(objects, `${folder}${file}`)) !== texts[file]),
  )
  const wrong = RUN_FILES.filter((_, i) => differ[i])
  const last = 'decision-record.json'
  for (const file of [...wrong.filter((f) => f !== last), ...wrong.filter((f) => f === last)])
    await objects.put(`${folder}${file}`, texts[file])
  return wrong.length > 0
}
