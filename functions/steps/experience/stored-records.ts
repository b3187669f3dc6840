/** Are the recorded runs still the ones that were imported? Compares index, journal and disk. */

import { byCodeUnit, digestOfBytes } from '#core/canonical.ts'
import { familyHash, type IndexLine } from '#core/experience/index-line.ts'
import type { BothSides, RecordsFound } from '#core/experience/records-found.ts'
import { Erasures } from '#core/heads/erasures.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { inBlocks, inShards } from '../../streams/groups.ts'
import { digestOfObject, readText } from '../../streams/read-object.ts'
import { erasuresOf } from '../store/erasures.ts'
import { ImportJournal } from './import-journal.ts'
import { readImported } from './imported.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { indexedRuns, readIndex } from './run-index.ts'
import { objectsOf, type Side } from './side.ts'

/** Ids that a message names. */
const EXAMPLES = 5
/** Runs that are looked up together: in the order of their hashes, in which what is put aside is read on and not about. */
const LOOKED_UP = 8192

type Looking = Pick<Store, 'objects' | 'vault' | 'scratch' | 'rolesApart' | 'heads'>

/**
 * What of an intent's recorded runs is missing or changed, on either side.
 * @param whole also compares those files of the search side that a decision record seals: whoever compiles them does so
 *   anyway. Held-out runs are compared whole here, because they are compiled when more is written already
 * @returns null: as they were imported; or this is a deployment, where nobody may look at all of it
 */
export async function compareRecords(
  store: Looking,
  intent: string,
  { whole = false } = {},
): Promise<BothSides | null> {
  if (store.rolesApart) return null
  const aside = store.scratch()
  try {
    const journal = await ImportJournal.read(store.objects, aside, { toCompare: true })
    const erasures = await erasuresOf(store)
    const compared = async (side: Side) => {
      const objects = objectsOf(store, side)
      const found = await compareSide({ objects, scratch: store.scratch }, intent, {
        side,
        imported: (run) => {
          const stored = journal.run({ run })
          return stored ? { record: stored.record, compiled: stored.compiled! } : undefined
        },
        aside,
        whole: whole || side === 'heldout',
        erasures,
      })
      await noteListed(objects, side, aside)
      return { ...found, unlisted: 0 }
    }
    const both = { search: await compared('search'), heldout: await compared('heldout') }
    // Runs that an import stored and came to list, that nobody had erased, and that no index of any intent lists now.
    for (const { run, stored } of journal.runs())
      if (
        stored.unlisted === undefined &&
        aside.get(`listed ${stored.side} ${run}`) === null &&
        erasures.ofRun(run) === null
      )
        both[stored.side].unlisted++
    return whatIsWrong(both)
  } finally {
    aside.close()
  }
}

const NOTHING: RecordsFound = { listed: 0, missing: 0, changed: 0, unlisted: 0, unerased: 0, examples: [] }

/**
 * The same of one side of a deployment, by what its imports wrote there: the most that a role may look at which sees one side.
 * @returns null: as they were imported; or they were imported before imports wrote it
 */
export async function compareImported(
  store: Pick<Store, 'objects' | 'vault' | 'scratch'>,
  intent: string,
  side: Side,
): Promise<BothSides | null> {
  const objects = objectsOf(store, side)
  const aside = store.scratch()
  try {
    let imported = 0
    for await (const { run, record, compiled } of readImported(objects)) {
      const key = `imported ${familyHash(run)}`
      const text = aside.get(key)
      const known: Imported = text === null ? { record, compiled: [] } : JSON.parse(text)
      const noted: Imported = {
        record: known.record === record ? record : null,
        compiled: compiled === undefined ? known.compiled : [...known.compiled, compiled],
      }
      aside.set(key, JSON.stringify(noted))
      imported++
    }
    if (imported === 0) return null
    const found = await compareSide({ objects, scratch: store.scratch }, intent, {
      side,
      imported: (run) => {
        const text = aside.get(`imported ${run}`)
        return text === null ? undefined : (JSON.parse(text) as Imported)
      },
      aside,
      whole: side === 'heldout',
      erasures: new Erasures(),
    })
    await noteListed(objects, side, aside)
    let unlisted = 0
    for (const [key] of aside.entries('imported '))
      if (aside.get(`listed ${side} ${key.slice('imported '.length)}`) === null) unlisted++
    return whatIsWrong({ search: NOTHING, heldout: NOTHING, [side]: { ...found, unlisted } })
  } finally {
    aside.close()
  }
}

/** What was found, without the names of held-out runs; null: nothing is wrong. */
function whatIsWrong({ search, heldout }: BothSides): BothSides | null {
  const isWrong = ({ missing, changed, unlisted, unerased }: RecordsFound) =>
    missing + changed + unlisted + unerased > 0
  return isWrong(search) || isWrong(heldout) ? { search, heldout: { ...heldout, examples: [] } } : null
}

/** What a run was when it was imported. */
interface Imported {
  /** Digest of its decision record; null: imports said this and that of it, and none does. */
  readonly record: string | null
  /** Digests of its compiled line, one for each time that it was packed. */
  readonly compiled: readonly string[]
}

interface Comparing {
  readonly side: Side
  /** Of a run by the hash of its id; undefined: nobody knows. */
  readonly imported: (run: string) => Imported | undefined
  readonly aside: Scratch
  readonly whole: boolean
  readonly erasures: Erasures
}

/** Runs that one side's index lists, each against its files and the journal. */
async function compareSide(
  store: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  { side, imported: importedAs, aside, whole, erasures }: Comparing,
): Promise<Omit<RecordsFound, 'unlisted'>> {
  const { objects } = store
  await noteFiles(objects, side, aside)
  const recorded = new RecordedRuns(objects)
  const looked = async ({ line, run, imported }: Known): Promise<'missing' | 'changed' | 'unerased' | null> => {
    if (erasures.ofRun(run) !== null) return 'unerased'
    if (line.packed) {
      const found = await recorded.soundness(line.packed.segment)
      // One that was a file when it was imported is held by the digests of its files.
      if (found !== null || !imported) return found
      if (imported.record === null) return 'changed'
      if (imported.compiled.length > 0) return imported.compiled.includes(line.packed.digest) ? null : 'changed'
      const files = await recorded.files(line).catch(() => null)
      return files && digestOfBytes(files['decision-record.json']) === imported.record ? null : 'changed'
    }
    const folder = keys.run(line.date, line.run_id)
    if (aside.get(`files ${side} ${folder}`) !== String(RUN_FILES.length)) return 'missing'
    const record = (await readText(objects, `${folder}decision-record.json`)) ?? ''
    // One that the journal does not know is whoever compiles it to judge.
    if (imported === undefined) return null
    if (digestOfBytes(record) !== imported.record) return 'changed'
    if (line.compiled && !imported.compiled.includes(line.compiled.digest)) return 'changed'
    return whole && ((await isBroken(objects, folder, record)) || (await isOther(objects, line))) ? 'changed' : null
  }
  const found = { listed: 0, missing: 0, changed: 0, unerased: 0, examples: [] as string[] }
  for await (const some of inShards(readIndex(store, intent), LOOKED_UP)) {
    const known: Known[] = some.map((line) => ({ line, run: familyHash(line.run_id), imported: undefined }))
    for (const one of known.toSorted((a, b) => byCodeUnit(a.run, b.run))) one.imported = importedAs(one.run)
    const states = inBlocks(known, async (one) => ({ run_id: one.line.run_id, state: await looked(one) }))
    for await (const { state, run_id } of states) {
      found.listed++
      if (state === null) continue
      found[state]++
      if (state !== 'unerased' && found.examples.length < EXAMPLES) found.examples.push(run_id)
    }
  }
  return found
}

/** A line with the hash of its run, and what an import said of that. */
interface Known {
  readonly line: IndexLine
  readonly run: string
  imported: Imported | undefined
}

/** How many files each run's folder holds. */
async function noteFiles(objects: ObjectStore, side: Side, aside: Scratch): Promise<void> {
  let folder = ''
  let files = 0
  const note = () => aside.set(`files ${side} ${folder}`, String(files))
  for await (const key of objects.list(keys.runs())) {
    const cut = key.lastIndexOf('/') + 1
    if (!(RUN_FILES as readonly string[]).includes(key.slice(cut))) continue
    if (key.slice(0, cut) !== folder) {
      note()
      folder = key.slice(0, cut)
      files = 0
    }
    files++
  }
  note()
}

/** Does a file differ from the digest in the decision record? */
async function isBroken(objects: ObjectStore, folder: string, record: string): Promise<boolean> {
  const { lineage } = JSON.parse(record) as { readonly lineage: { readonly files: Readonly<Record<string, string>> } }
  const sealed = Object.entries(lineage.files)
  const found = await Promise.all(sealed.map(([file]) => digestOfObject(objects, `${folder}${file}`)))
  return sealed.some(([, digest], i) => digest !== found[i])
}

/** Is what lies compiled beside the files of a run not what the index names? Where it is gone it is made again. */
async function isOther(objects: ObjectStore, { date, run_id, compiled }: IndexLine): Promise<boolean> {
  const found = compiled ? await digestOfObject(objects, keys.runCompiled(date, run_id)) : null
  return found !== null && found !== compiled!.digest
}

/** Runs that the indexes of any intent list, by the hashes of their ids. */
async function noteListed(objects: ObjectStore, side: Side, aside: Scratch): Promise<void> {
  for await (const { run } of indexedRuns(objects)) aside.set(`listed ${side} ${run}`, '')
}
