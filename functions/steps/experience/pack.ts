/** Packs runs that lie in folders into segments. Killed anywhere, the same command goes on: nothing is removed before its packed run is listed. */
import { caseOf, type HashedNames, hashedNames, type IndexLine } from '#core/experience/index-line.ts'
import { packRun, readRunFiles, TamperError } from '#core/experience/run-files.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { ImportJournal } from './import-journal.ts'
import { fixLayout } from './layout.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { removeRun } from './run-folder.ts'
import { addToIndex, indexesOf, linesUnder } from './run-index.ts'
import { SegmentWriter } from './segment-writer.ts'
import { objectsOf, SIDES, type Side } from './side.ts'

interface About {
  readonly intent: string
  readonly names: HashedNames
  readonly record: string
}

/**
 * Packs every run of both sides. Under the lock of imports, while no run is under way: one would miss its files.
 * @param check throws when another import has taken over; asked before every write that others build on
 * @returns runs that were packed now
 * @throws TamperError for a run that is not the one that was recorded: it stays as it is, and so does all that comes after it
 */
export async function packStore(store: Store, check: () => Promise<void>): Promise<number> {
  let packed = 0
  const journal = await journalOf(store)
  for (const side of SIDES) {
    const objects = objectsOf(store, side)
    for (const index of await indexesOf(objects)) {
      packed += await packIndex({ ...store, objects }, index, { side, journal, check })
      await removeFolders(objects, index)
    }
  }
  await check()
  await journal.markListed(store)
  await fixLayout(store.objects, 'segments')
  return packed
}

async function journalOf(store: Store): Promise<ImportJournal> {
  const aside = store.scratch()
  try {
    return await ImportJournal.read(store.objects, aside)
  } finally {
    aside.close()
  }
}

interface Packing {
  readonly side: Side
  readonly journal: ImportJournal
  readonly check: () => Promise<void>
}

async function packIndex(
  store: Pick<Store, 'objects' | 'scratch' | 'progress'>,
  index: string,
  { side, journal, check }: Packing,
): Promise<number> {
  const recorded = new RecordedRuns(store.objects)
  const packing = new SegmentWriter<About>(store.scratch())
  try {
    for await (const line of inFolders(store, index)) {
      const { names, intent, ...texts } = await packedOf(recorded, line)
      const { compiled: _, ...bare } = line
      packing.add(bare, texts, { intent, names, record: texts.record })
      if (packing.count % 2000 === 0) store.progress(`read ${packing.count} runs of ${index}`)
    }
    for await (const written of packing.write(store.objects)) {
      await check()
      for (const { line, about } of written) journal.add(about.names, side, about.record, { packed: line.packed })
      await journal.flush()
      await addToIndex(
        store.objects,
        written[0]!.about.intent,
        written.map(({ line }) => line),
        true,
      )
    }
    return packing.count
  } finally {
    packing.close()
  }
}

async function packedOf(recorded: RecordedRuns, line: IndexLine) {
  const files = await recorded.files(line)
  if (!files)
    throw new UserError(
      `run ${line.run_id} is not in this store any more: import the same records again, which restores it, and pack then`,
    )
  const read = readRunFiles(line.run_id, files)
  const packed = packRun(read.run)
  if (read.run.case_id !== caseOf(line) || packed.record !== read.recorded.decision_record)
    throw new TamperError(line.run_id, 'decision-record.json', 'its files do not come from its trace')
  return { ...packed, intent: read.run.intent_id, names: hashedNames(read.run) }
}

/** Lines as they were indexed, of runs that no line lists packed: for which family one counts is said by links. */
async function* inFolders(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  index: string,
): AsyncGenerator<IndexLine> {
  const seen = scratch()
  try {
    for await (const { run_id, packed } of linesUnder(objects, index)) if (packed) seen.set(run_id, '')
    for await (const line of linesUnder(objects, index)) {
      if (seen.get(line.run_id) !== null) continue
      seen.set(line.run_id, '')
      yield line
    }
  } finally {
    seen.close()
  }
}

/** Removes the folders of runs that are listed packed; the decision record first, so that half a folder is no run. */
async function removeFolders(objects: ObjectStore, index: string): Promise<void> {
  const recorded = new RecordedRuns(objects)
  for await (const { run_id, date, packed } of linesUnder(objects, index)) {
    if (!packed || (await recorded.soundness(packed.segment)) !== null) continue
    await removeRun(objects, { date, run_id })
  }
}
