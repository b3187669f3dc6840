/** The same import again restores what is missing: files and index lines of runs that an earlier one stored. */
import { familyHash } from '#core/experience/index-line.ts'
import type { RunFiles } from '#core/experience/run-files.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys, RUN_FILES, type RunFile } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import type { Side, StoredRun } from './import-journal.ts'
import { indexedRuns } from './run-index.ts'

/**
 * Looks at stored runs. In a deployment ingest reads none of them: it lists what the search side holds, and writes to the
 * vault only what is not there.
 */
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
    if (this.#store.rolesApart) return await this.#unread(run, { side, unlisted }, files)
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

  /** The same where nobody may read it: a changed file stays as it is, and whoever compiles it says so. */
  async #unread(
    run: ExperienceRun,
    { side, unlisted }: Pick<StoredRun, 'side' | 'unlisted'>,
    files: () => RunFiles,
  ): Promise<boolean> {
    await this.#listSearch()
    const folder = keys.run(run.date, run.run_id)
    const isThere = (file: RunFile): boolean => side === 'search' && this.#aside.get(`there ${folder}${file}`) !== null
    const wanted = inOrder(RUN_FILES.filter((file) => !isThere(file)))
    let restored = false
    if (wanted.length > 0) {
      const texts = files()
      for (const file of wanted)
        restored = (await this.#objectsOf(side).putIfAbsent(`${folder}${file}`, texts[file])) || restored
    }
    const isLost = side === 'search' && this.#aside.get(`index ${keys.index(run.intent_id)}`) === null
    if (restored || (isLost && unlisted === undefined)) this.runs++
    return isLost
  }

  /** Names of the files of the search side, and the intents that have an index there. */
  async #listSearch(): Promise<void> {
    if (this.#known) return
    this.#known = true
    for await (const key of this.#store.objects.list(keys.runs())) this.#aside.set(`there ${key}`, '')
    for await (const key of this.#store.objects.list(keys.indexes()))
      this.#aside.set(`index ${key.slice(0, key.lastIndexOf('/') + 1)}`, '')
  }

  async #readIndexes(): Promise<void> {
    if (this.#known) return
    this.#known = true
    for (const side of ['search', 'heldout'] as const)
      for await (const run of indexedRuns(this.#objectsOf(side))) this.#aside.set(`indexed ${side} ${run}`, '')
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
  for (const file of inOrder(wrong)) await objects.put(`${folder}${file}`, texts[file])
  return wrong.length > 0
}

/** Files in the order in which they are written. */
const inOrder = (files: readonly RunFile[]): RunFile[] => {
  const last = 'decision-record.json'
  return [...files.filter((f) => f !== last), ...files.filter((f) => f === last)]
}
