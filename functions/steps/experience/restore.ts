/** The same import again restores what is missing: files and index lines of runs that an earlier one stored. */
import { familyHash, type IndexLine, type Packed } from '#core/experience/index-line.ts'
import { filesOfPacked } from '#core/experience/run-files.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import type { StoredRun } from './import-journal.ts'
import { besideAs, type TakenRun } from './incoming-runs.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { WRITTEN_ORDER } from './run-folder.ts'
import { indexedRuns } from './run-index.ts'
import type { SegmentWriter } from './segment-writer.ts'
import { type BySide, bySide, objectsOf, SIDES, type Side } from './side.ts'

/** A run that an import brings again. */
type KnownRun = IndexLine & { readonly intent: string }

interface Restoring {
  /** No index lists it on its side: the caller must. */
  readonly list: boolean
  /** Sides on which it must be packed again, and be listed where it lies then. */
  readonly pack: readonly Side[]
  /** As what it is to be listed on its side, if it is not packed again there. */
  readonly lies: Pick<IndexLine, 'packed' | 'compiled'>
}

/**
 * Looks at stored runs. In a deployment ingest reads none of them: it lists what the search side holds, and writes to the
 * vault only what is not there, in the end.
 */
export class Restore {
  /** Runs that were restored. */
  runs = 0
  readonly #store: Store
  readonly #aside: Scratch
  #known = false
  readonly #runs: BySide<RecordedRuns>
  readonly #again: SegmentWriter<null>

  constructor(store: Store, aside: Scratch, again: SegmentWriter<null>) {
    this.#store = store
    this.#aside = aside
    this.#again = again
    this.#runs = bySide((side) => new RecordedRuns(objectsOf(store, side)))
  }

  /** Writes the files of a stored run that are not there, or are others. */
  async run(run: KnownRun, stored: StoredRun, taken: TakenRun): Promise<Restoring> {
    if (this.#store.rolesApart) return await this.#unread(run, stored, taken)
    const { side, unlisted, packed } = stored
    await this.#readIndexes()
    const hashed = familyHash(run.run_id)
    const listed = (on: Side): string | null => this.#aside.get(`indexed ${on} ${hashed}`)
    const isListed = listed(side) !== null
    let restored = false
    const pack: Side[] = []
    let lies = packed?.[0]
    for (const place of packed ?? []) if ((await this.#runs[side].soundness(place.segment)) === null) lies = place
    // A run of a retired version lies on both sides.
    for (const on of SIDES) {
      const segment = listed(on) || (on === side && !isListed ? lies?.segment : undefined)
      if (segment && (await this.#runs[on].soundness(segment)) !== null) pack.push(on)
      else if (!segment && (on === side || listed(on) !== null))
        restored = (await restoreFiles(objectsOf(this.#store, on), run, stored, taken)) || restored
    }
    if (restored || pack.length > 0 || (unlisted === undefined && !isListed)) this.runs++
    return { list: !isListed && !pack.includes(side), pack, lies: lyingAs(lies, stored, taken) }
  }

  /** Writes what of the vault's segments is not there. */
  async finish(): Promise<void> {
    for await (const runs of this.#again.restore(this.#store.vault)) this.runs += runs
  }

  /** The same where nobody may read it: what was changed stays as it is, and whoever compiles it says so. */
  async #unread(run: KnownRun, stored: StoredRun, taken: TakenRun): Promise<Restoring> {
    const { side, unlisted, packed } = stored
    await this.#listSearch()
    const isLost = side === 'search' && this.#aside.get(`index ${keys.index(run.intent)}`) === null
    const isThere = ({ segment }: Packed): boolean => side === 'heldout' || this.#aside.get(`there ${segment}`) !== null
    const lies = packed?.find(isThere)
    if (lies && side === 'heldout') this.#again.addAside({ ...taken.facts.line, packed: lies }, taken.texts, null)
    const isGone = packed !== undefined && lies === undefined
    const restored = packed ? isGone : await this.#restoreUnread(run, stored, taken)
    if (restored || (isLost && unlisted === undefined)) this.runs++
    return { list: isLost && !isGone, pack: isGone ? [side] : [], lies: lyingAs(lies, stored, taken) }
  }

  async #restoreUnread(run: KnownRun, stored: StoredRun, taken: TakenRun): Promise<boolean> {
    const { side } = stored
    const folder = keys.run(run.date, run.run_id)
    const isThere = (key: string): boolean => side === 'search' && this.#aside.get(`there ${key}`) !== null
    const wanted = WRITTEN_ORDER.filter((file) => !isThere(`${folder}${file}`))
    const beside = compiledBeside(run, stored, taken)
    let restored =
      beside !== null &&
      !isThere(beside.key) &&
      (await objectsOf(this.#store, side).putIfAbsent(beside.key, beside.text))
    if (wanted.length > 0) {
      const texts = filesOfPacked(taken.recorded())
      for (const file of wanted)
        restored = (await objectsOf(this.#store, side).putIfAbsent(`${folder}${file}`, texts[file])) || restored
    }
    return restored
  }

  /** Names of the files and segments of the search side, and the intents that have an index there. */
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
    for (const side of SIDES)
      for await (const { run, segment } of indexedRuns(objectsOf(this.#store, side))) {
        // Of several lines one that holds is enough.
        const known = this.#aside.get(`indexed ${side} ${run}`)
        if (!known || (await this.#runs[side].soundness(known)) !== null)
          this.#aside.set(`indexed ${side} ${run}`, segment ?? '')
      }
  }
}

/** Writes those files of a run that are not there, or are others. */
async function restoreFiles(
  objects: ObjectStore,
  run: IndexLine,
  stored: StoredRun,
  taken: TakenRun,
): Promise<boolean> {
  const folder = keys.run(run.date, run.run_id)
  const texts = filesOfPacked(taken.recorded())
  const differ = await Promise.all(
    WRITTEN_ORDER.map(async (file) => (await readText(objects, `${folder}${file}`)) !== texts[file]),
  )
  const wrong = WRITTEN_ORDER.filter((_, i) => differ[i])
  for (const file of wrong) await objects.put(`${folder}${file}`, texts[file])
  const beside = compiledBeside(run, stored, taken)
  const isOther = beside !== null && (await readText(objects, beside.key)) !== beside.text
  if (isOther) await objects.put(beside.key, beside.text)
  return wrong.length > 0 || isOther
}

/** As what a stored run is to be listed: packed, or compiled beside its files as its import left it. */
function lyingAs(packed: Packed | undefined, { compiled = [] }: StoredRun, taken: TakenRun): Restoring['lies'] {
  if (packed) return { packed }
  if (compiled.length === 0) return {}
  const beside = besideAs(taken.compiled())
  return compiled.includes(beside.digest) ? { compiled: beside } : {}
}

/** What lay compiled beside the files of a run; null: nothing, or what other rules made, which is made again when it is read. */
function compiledBeside({ date, run_id }: IndexLine, stored: StoredRun, taken: TakenRun) {
  const { compiled } = lyingAs(undefined, stored, taken)
  return compiled ? { key: keys.runCompiled(date, run_id), text: taken.compiled() } : null
}
