/** Writes the runs that an import took in: the runs, then the journal of imports, then the indexes. */
import type { HashedNames } from '#core/experience/index-line.ts'
import { filesOfPacked } from '#core/experience/run-files.ts'
import type { Scratch, Store } from '../../ports.ts'
import type { Copies } from './copies.ts'
import type { ImportJournal } from './import-journal.ts'
import { noteImported } from './imported.ts'
import { besideAs, type IncomingRuns, type TakenRun } from './incoming-runs.ts'
import type { Layout } from './layout.ts'
import { Restore } from './restore.ts'
import { writeRun } from './run-folder.ts'
import { addToIndex } from './run-index.ts'
import { SegmentWriter } from './segment-writer.ts'
import { type BySide, bySide, objectsOf, SIDES } from './side.ts'
import { UnlistedRuns } from './unlisted-runs.ts'

/** How many runs are written at once. */
const WRITE_AHEAD = 64
/** How many runs are journaled at once: what a killed import writes again at most. */
const JOURNAL_RUNS = 256

interface Writing {
  readonly journal: ImportJournal
  readonly copies: Copies
  readonly incoming: IncomingRuns
  /** Throws when another import has taken over. */
  readonly check: () => Promise<void>
  readonly layout: Layout | null
}

/** What is to be said of a run once it is packed. */
interface ToPack {
  readonly intent: string
  readonly names: HashedNames
  readonly record: string
  readonly began: string | null
  readonly last: string | undefined
}

/**
 * Runs first, then the journal says that they are stored, then the indexes list them. Killed in between, the same import
 * goes on from what the journal holds: a run is listed only when its id can no longer stand for other content.
 *
 * @returns how many families there are on each side, and how many runs were restored
 */
export async function writeRuns(
  store: Store,
  writing: Writing,
  aside: Scratch,
): Promise<{ readonly families: BySide<number>; readonly restored: number }> {
  const { journal, check } = writing
  const { texts } = writing.incoming
  const shared = { texts, idle: [] }
  const packing = bySide(() => new SegmentWriter<ToPack>(store.scratch(), shared))
  // For what is to stand in the vault as it stood.
  const again = new SegmentWriter<null>(store.scratch(), shared)
  const unlisted = bySide((side) => new UnlistedRuns(aside, side, store.rolesApart === true))
  const restore = new Restore(store, aside, again)
  try {
    const families = await placeRuns(store, writing, { restore, packing, unlisted }, aside)
    await restore.finish()
    for (const side of SIDES)
      for await (const written of packing[side].write(objectsOf(store, side))) {
        for (const { line, about } of written) {
          unlisted[side].add(about.intent, line, about.record)
          journal.add(about.names, side, about.record, { packed: line.packed, began: about.began, last: about.last })
        }
        await check()
        await journal.flush()
      }
    await check()
    await journal.flush()
    await listRuns(store, unlisted)
    await journal.markListed(store)
    return { families, restored: restore.runs }
  } finally {
    for (const side of SIDES) packing[side].close()
    again.close()
  }
}

interface Placing {
  readonly restore: Restore
  readonly packing: BySide<SegmentWriter<ToPack>>
  readonly unlisted: BySide<UnlistedRuns>
}

/** Writes each run that has a folder of its own, and puts the others where they are packed from. */
async function placeRuns(
  store: Store,
  { journal, copies, incoming, check, layout }: Writing,
  { restore, packing, unlisted }: Placing,
  aside: Scratch,
): Promise<BySide<number>> {
  const families = { search: 0, heldout: 0 }
  let ahead: Promise<void>[] = []
  let done = 0
  const settle = async (): Promise<void> => {
    await Promise.all(ahead)
    ahead = []
  }
  for (const taken of incoming.all()) {
    if (++done % 2000 === 0) store.progress(`stored ${done} of ${incoming.count} runs`)
    const { line, intent, names, record, began, last } = taken.facts
    const { family, side } = copies.placeOf(taken.facts)
    const counted = `counted ${intent} ${family}`
    if (aside.get(counted) === null) {
      families[side]++
      aside.set(counted, '')
    }
    const stored = journal.run(names)
    if (stored) {
      const { list, pack, lies } = await restore.run({ ...line, intent }, stored, taken)
      if (stored.unlisted !== undefined) journal.lists(stored.unlisted)
      for (const on of pack) addToPack(packing[on], taken)
      if ((stored.unlisted !== undefined && !pack.includes(stored.side)) || list)
        unlisted[stored.side].add(intent, { ...line, ...lies }, stored.record)
      continue
    }
    if (layout === 'segments') {
      addToPack(packing[side], taken)
      continue
    }
    const text = taken.compiled()
    const compiled = besideAs(text)
    unlisted[side].add(intent, { ...line, compiled }, record)
    const writing = writeRun(objectsOf(store, side), line, filesOfPacked(taken.recorded()), text)
    // Looked at when its turn comes; until then a failure must not pass for one that nobody handles.
    writing.catch(() => {})
    ahead.push(writing)
    journal.add(names, side, record, { compiled: compiled.digest, began, last })
    if (ahead.length === WRITE_AHEAD) await ahead.shift()
    if (journal.pending < JOURNAL_RUNS) continue
    await settle()
    await check()
    await journal.flush()
  }
  await settle()
  return families
}

function addToPack(packing: SegmentWriter<ToPack>, { facts, texts }: TakenRun): void {
  const { line, intent, names, record, began, last } = facts
  packing.addAside(line, texts, { intent, names, record, began, last })
}

async function listRuns(store: Store, unlisted: BySide<UnlistedRuns>): Promise<void> {
  for (const side of SIDES) {
    const objects = objectsOf(store, side)
    for (const intent of unlisted[side].intents) await addToIndex(objects, intent, unlisted[side].linesOf(intent))
    // Where nobody who compiles may read the journal, each side says for itself what was imported.
    if (store.rolesApart) await noteImported(objects, unlisted[side].records())
  }
}
