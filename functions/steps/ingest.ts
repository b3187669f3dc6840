/** Stores imported runs: each family goes to search or to the vault before anything is written where the optimiser reads. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { filesOf, type RunFiles } from '#core/experience/run-files.ts'
import { type SplitRule, splitSide } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { spentFamilies } from './families.ts'
import { ImportJournal, type Side } from './import-journal.ts'
import { familyHash, rowKeys } from './ledger-keys.ts'
import { addToIndex, type IndexLine, indexLine } from './run-index.ts'
import type { Store } from './store.ts'

export interface IngestReport {
  readonly stored: number
  readonly unchanged: number
  readonly search_families: number
  readonly heldout_families: number
  readonly intents: readonly string[]
}

/** The store's split rule; `null` before its first import of runs. */
export const fixedSplit = async (store: Store): Promise<SplitRule | null> =>
  (await store.table.get<SplitRule>(...rowKeys.split()))?.body ?? null

/** The store's split rule; the first import of runs fixes it, a later one may not differ. */
export async function fixSplit(store: Store, wanted: SplitRule): Promise<SplitRule> {
  return (await store.table.create(...rowKeys.split(), wanted)) ? wanted : (await fixedSplit(store))!
}

/** Runs of one import. Read twice, in the same order: once to check everything, once to write. */
export type RunSource = () => AsyncIterable<ExperienceRun>

/**
 * Writes runs and their index. Idempotent: a run that is stored with the same content is left alone. Other content under
 * a stored id, or an id that comes twice, is refused before anything is written. Memory holds ids, never runs. Only
 * writes the vault: what it must know of earlier imports stands in its journal.
 */
export async function ingest(store: Store, source: RunSource, rule: SplitRule): Promise<IngestReport> {
  const journal = await ImportJournal.read(store.objects)
  const { sides, runs, unchanged } = await checked(store, source, rule, journal)
  if (runs > 0 && digestOf(await fixSplit(store, rule)) !== digestOf(rule))
    throw new UserError(
      'this store splits families by another rule: families never move. Use the rule of its first import',
    )
  await writeRuns(store, source, sides, journal, runs)
  const families = [...sides.values()]
  return {
    stored: runs - unchanged,
    unchanged,
    search_families: families.filter((s) => s === 'search').length,
    heldout_families: families.filter((s) => s === 'heldout').length,
    intents: [...new Set([...sides.keys()].map((k) => k.split('\u0000')[0]!))].sort(),
  }
}

/** Reads every run once and refuses what cannot be stored. Writes nothing. */
async function checked(
  store: Store,
  source: RunSource,
  rule: SplitRule,
  journal: ImportJournal,
): Promise<{ readonly sides: ReadonlyMap<string, Side>; readonly runs: number; readonly unchanged: number }> {
  const sides = new Map<string, Side>()
  const known = new Set<string>()
  const owners = new Map<string, string>()
  const spent = new SpentFamilies(store)
  let unchanged = 0
  for await (const run of source()) {
    if (known.has(run.run_id))
      throw new UserError(`run ${run.run_id} comes twice in this import. Every run needs its own run_id`)
    known.add(run.run_id)
    const family = familyKey(run)
    const seen = rule.by === 'hash' ? sides.get(family) : undefined
    const side = seen ?? (await sideOf(run, rule, journal, spent))
    if ((sides.get(family) ?? side) !== side) throw onBothSides(run)
    sides.set(family, side)
    const caseKey = `${run.intent_id}\u0000${run.case_id}`
    if ((owners.get(caseKey) ?? run.family_id) !== run.family_id || journal.isAnothers(run))
      throw new UserError(
        `case "${run.case_id}" belongs to another family than that of run ${run.run_id} ("${run.family_id}"): recordings of one case have one family. Give the case its own case_id`,
      )
    owners.set(caseKey, run.family_id)
    const stored = journal.run(run.run_id)
    if (stored && stored.record !== digestOfBytes(filesOf(run)['decision-record.json']))
      throw new UserError(
        `run ${run.run_id} is already stored with other content. Recorded runs never change: give the new one its own run_id`,
      )
    if (stored) unchanged++
  }
  return { sides, runs: known.size, unchanged }
}

const onBothSides = (run: ExperienceRun): UserError =>
  new UserError(
    `family "${run.family_id}" is recorded on both sides of the split (run ${run.run_id}): a family belongs to one side`,
  )

const familyKey = (run: ExperienceRun): string => `${run.intent_id}\u0000${run.family_id}`

/** How many runs are written at once. */
const WRITE_AHEAD = 32
/** How many runs are journaled at once: what a killed import writes again at most. */
const JOURNAL_RUNS = 256

/**
 * Runs first, then the journal says that they are stored, then the indexes list them. Killed in between, the same import
 * goes on from what the journal holds: a run is listed only when its id can no longer stand for other content.
 */
async function writeRuns(
  store: Store,
  source: RunSource,
  sides: ReadonlyMap<string, Side>,
  journal: ImportJournal,
  total: number,
): Promise<void> {
  const objectsOf = { search: store.objects, heldout: store.vault }
  const unlisted = { search: new Map<string, IndexLine[]>(), heldout: new Map<string, IndexLine[]>() }
  let block: Promise<void>[] = []
  let done = 0
  const settle = async (): Promise<void> => {
    await Promise.all(block)
    block = []
  }
  for await (const run of source()) {
    if (++done % 2000 === 0) store.progress(`stored ${done} of ${total} runs`)
    const stored = journal.run(run.run_id)
    const side = stored?.side ?? sides.get(familyKey(run))!
    if (!stored || !journal.isListed(stored)) {
      const index = unlisted[side]
      if (!index.has(run.intent_id)) index.set(run.intent_id, [])
      index.get(run.intent_id)!.push(indexLine(run))
    }
    if (stored) continue
    const files = filesOf(run)
    const writing = writeRun(objectsOf[side], run, files)
    // Looked at when the block is settled; until then a failure must not pass for one that nobody handles.
    writing.catch(() => {})
    block.push(writing)
    journal.add(run, side, digestOfBytes(files['decision-record.json']))
    if (block.length === WRITE_AHEAD) await settle()
    if (journal.pending < JOURNAL_RUNS) continue
    await settle()
    await journal.flush()
  }
  await settle()
  await journal.flush()
  const listed: string[] = []
  for (const side of ['search', 'heldout'] as const)
    for (const [intent, lines] of unlisted[side]) {
      await addToIndex(objectsOf[side], intent, lines)
      for (const { run_id } of lines) listed.push(run_id)
    }
  await journal.markListed(listed)
}

/** Side of a family: its split, unless a retired version has already spent it: then it is search data for good. */
async function sideOf(
  run: ExperienceRun,
  rule: SplitRule,
  journal: ImportJournal,
  spent: SpentFamilies,
): Promise<Side> {
  if (rule.by === 'recorded' && run.split === null)
    throw new UserError(`run ${run.run_id} records no split: import it without --split recorded`)
  const side = rule.by === 'recorded' ? run.split! : splitSide(rule, run.family_id)
  const stored = journal.sideOf(run)
  if (side === 'search' && stored !== 'heldout') return side
  if (await spent.has(run)) return 'search'
  if (stored !== null && stored !== side) throw onBothSides(run)
  return side
}

/** Families that a retired version has spent, read once an intent. */
class SpentFamilies {
  readonly #store: Store
  readonly #byIntent = new Map<string, Promise<ReadonlySet<string>>>()

  constructor(store: Store) {
    this.#store = store
  }

  async has({ intent_id, family_id }: ExperienceRun): Promise<boolean> {
    let families = this.#byIntent.get(intent_id)
    if (!families) {
      families = spentFamilies(this.#store, intent_id)
      this.#byIntent.set(intent_id, families)
    }
    return (await families).has(familyHash(family_id))
  }
}

/** The decision record seals the other files, so it is written last: a run without one does not exist yet. */
export async function writeRun(
  objects: ObjectStore,
  run: Pick<ExperienceRun, 'date' | 'run_id'>,
  files: RunFiles,
): Promise<void> {
  const folder = keys.run(run.date, run.run_id)
  await Promise.all(
    RUN_FILES.filter((f) => f !== 'decision-record.json').map((file) => objects.put(`${folder}${file}`, files[file])),
  )
  await objects.put(`${folder}decision-record.json`, files['decision-record.json'])
}
