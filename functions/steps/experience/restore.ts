/** The same import again restores what is missing: files and index lines of runs that an earlier one stored. */
import { familyHash, type IndexLine } from '#core/experience/index-line.ts'
import type { RunFiles } from '#core/experience/run-files.ts'
import { keys, RUN_FILES, type RunFile } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import type { Side, StoredRun } from './import-journal.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { indexedRuns } from './run-index.ts'

/** A run that an import brings again. */
type KnownRun = IndexLine & { readonly intent: string }

export interface Restoring {
  readonly list: boolean
  readonly pack: readonly Side[]
}

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
  readonly #runs: Readonly<Record<Side, RecordedRuns>>

  constructor(store: Store, aside: Scratch) {
    this.#store = store
    this.#aside = aside
    this.#runs = { search: new RecordedRuns(store.objects), heldout: new RecordedRuns(store.vault) }
  }

  /**
   * Writes the files of a stored run that are not there, or are others.
   * @returns `list`: no index lists it on its side, so the caller must; `pack`: the sides on which it must be packed again,
   *   and be listed where it lies then
   */
  async run(run: KnownRun, { side, unlisted, packed }: StoredRun, files: () => RunFiles): Promise<Restoring> {
    if (this.#store.rolesApart) return { list: await this.#unread(run, { side, unlisted }, files), pack: [] }
    await this.#readIndexes()
    const hashed = familyHash(run.run_id)
    const listed = (on: Side): string | null => this.#aside.get(`indexed ${on} ${hashed}`)
    const isListed = listed(side) !== null
    let restored = false
    const pack: Side[] = []
    // A run of a retired version lies on both sides.
    for (const on of ['search', 'heldout'] as const) {
      const segment = listed(on) || (on === side && !isListed ? packed?.segment : undefined)
      if (segment && (await this.#runs[on].soundness(segment)) !== null) pack.push(on)
      else if (!segment && (on === side || listed(on) !== null))
        restored = (await restoreFiles(this.#objectsOf(on), run, files)) || restored
    }
    if (restored || pack.length > 0 || (unlisted === undefined && !isListed)) this.runs++
    return { list: !isListed && !pack.includes(side), pack }
  }

  /** The same where nobody may read it: a changed file stays as it is, and whoever compiles it says so. */
  async #unread(
    run: KnownRun,
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
    const isLost = side === 'search' && this.#aside.get(`index ${keys.index(run.intent)}`) === null
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
      for await (const { run, segment } of indexedRuns(this.#objectsOf(side))) {
        // Of several lines one that holds is enough.
        const known = this.#aside.get(`indexed ${side} ${run}`)
        if (!known || (await this.#runs[side].soundness(known)) !== null)
          this.#aside.set(`indexed ${side} ${run}`, segment ?? '')
      }
  }

  #objectsOf(side: Side): ObjectStore {
    return side === 'search' ? this.#store.objects : this.#store.vault
  }
}

/** The decision record comes last: a run without one is not whole. */
async function restoreFiles(objects: ObjectStore, run: IndexLine, files: () => RunFiles): Promise<boolean> {
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
