/** Stores imported runs: each family goes to search or to the vault before anything is written where the optimiser reads. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { filesOf, type RunFiles } from '#core/experience/run-files.ts'
import { type SplitRule, splitSide } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { type KnownRuns, knownRuns } from './known-runs.ts'
import { familyHash, rowKeys } from './ledger-keys.ts'
import { readLines, type Store } from './store.ts'

/** One line of an intent's index: which runs it has, so that nobody lists a million folders. */
export interface IndexLine {
  readonly run_id: string
  readonly date: string | null
  /** Case that it records, where that is not the run itself. */
  readonly case_id?: string
  /** Hash of its family. */
  readonly family: string
}
const indexLine = ({ run_id, date, case_id, family_id }: ExperienceRun): IndexLine => ({
  run_id,
  date,
  ...(case_id === run_id ? {} : { case_id }),
  family: familyHash(family_id),
})
export const indexKey = (intent: string): string => `experience/index/${intent}.jsonl`

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
 * a stored id, or an id that comes twice, is refused before anything is written. Memory holds ids, never runs.
 */
export async function ingest(store: Store, source: RunSource, rule: SplitRule): Promise<IngestReport> {
  const sides = new Map<string, 'search' | 'heldout'>()
  const known = new Set<string>()
  const stored = new Set<string>()
  const owners = new Map<string, string>()
  const before = await knownRuns(store)
  for await (const run of source()) {
    if (known.has(run.run_id))
      throw new UserError(`run ${run.run_id} comes twice in this import. Every run needs its own run_id`)
    known.add(run.run_id)
    const family = familyKey(run)
    const seen = rule.by === 'hash' ? sides.get(family) : undefined
    const side = seen ?? (await sideOf(store, run, rule, before))
    if ((sides.get(family) ?? side) !== side) throw onBothSides(run)
    sides.set(family, side)
    const caseKey = `${run.intent_id}\u0000${run.case_id}`
    const owner = owners.get(caseKey) ?? before.ownerOf(run.intent_id, run.case_id) ?? familyHash(run.family_id)
    if (owner !== familyHash(run.family_id))
      throw new UserError(
        `case "${run.case_id}" belongs to another family than that of run ${run.run_id} ("${run.family_id}"): recordings of one case have one family. Give the case its own case_id`,
      )
    if (run.case_id !== run.run_id) owners.set(caseKey, owner)
    if (await isStored(store, run, before)) stored.add(run.run_id)
  }
  if (known.size > 0 && digestOf(await fixSplit(store, rule)) !== digestOf(rule))
    throw new UserError(
      'this store splits families by another rule: families never move. Use the rule of its first import',
    )
  await writeRuns(store, source, sides, stored, known.size)
  const families = [...sides.values()]
  return {
    stored: known.size - stored.size,
    unchanged: stored.size,
    search_families: families.filter((s) => s === 'search').length,
    heldout_families: families.filter((s) => s === 'heldout').length,
    intents: [...new Set([...sides.keys()].map((k) => k.split('\u0000')[0]!))].sort(),
  }
}

/** Is this very run stored already? A run that was written but never listed is written again. Throws on other content. */
async function isStored(store: Store, run: ExperienceRun, before: KnownRuns): Promise<boolean> {
  const place = before.place(run.run_id)
  if (place === null) return false
  const elsewhere = place.intent !== run.intent_id || place.date !== run.date
  const record = elsewhere ? null : await storedRecord(store, run)
  if (!elsewhere && record === null) return false
  if (record !== digestOfBytes(filesOf(run)['decision-record.json']))
    throw new UserError(
      `run ${run.run_id} is already stored with other content. Recorded runs never change: give the new one its own run_id`,
    )
  return true
}

const onBothSides = (run: ExperienceRun): UserError =>
  new UserError(
    `family "${run.family_id}" is recorded on both sides of the split (run ${run.run_id}): a family belongs to one side`,
  )

const familyKey = (run: ExperienceRun): string => `${run.intent_id}\u0000${run.family_id}`

/** How many runs are written at once. */
const WRITE_AHEAD = 32

async function writeRuns(
  store: Store,
  source: RunSource,
  sides: ReadonlyMap<string, 'search' | 'heldout'>,
  stored: ReadonlySet<string>,
  total: number,
): Promise<void> {
  const indexes = new Map<ObjectStore, Map<string, IndexLine[]>>([
    [store.objects, new Map()],
    [store.vault, new Map()],
  ])
  let block: Promise<void>[] = []
  let done = 0
  for await (const run of source()) {
    const objects = sides.get(familyKey(run)) === 'search' ? store.objects : store.vault
    const index = indexes.get(objects)!
    if (!index.has(run.intent_id)) index.set(run.intent_id, [])
    index.get(run.intent_id)!.push(indexLine(run))
    if (!stored.has(run.run_id)) block.push(writeRun(objects, run, filesOf(run)))
    if (++done % 2000 === 0) store.progress(`stored ${done} of ${total} runs`)
    if (block.length < WRITE_AHEAD) continue
    await Promise.all(block)
    block = []
  }
  await Promise.all(block)
  for (const [objects, index] of indexes) for (const [intent, lines] of index) await addToIndex(objects, intent, lines)
}

/** Side of a family: its split, unless a retired version has already spent it: then it is search data for good. */
async function sideOf(
  store: Store,
  run: ExperienceRun,
  rule: SplitRule,
  before: KnownRuns,
): Promise<'search' | 'heldout'> {
  if (rule.by === 'recorded' && run.split === null)
    throw new UserError(`run ${run.run_id} records no split: import it without --split recorded`)
  const side = rule.by === 'recorded' ? run.split! : splitSide(rule, run.family_id)
  const stored = before.sideOf(run)
  if (side === 'search' && stored !== 'heldout') return side
  if (await isSpent(store, run)) return 'search'
  if (stored !== null && stored !== side) throw onBothSides(run)
  return side
}

/** Has a version that is retired answered for this family? */
async function isSpent(store: Store, run: ExperienceRun): Promise<boolean> {
  const claim = await store.table.get<{ version: string }>(...rowKeys.family(run.intent_id, run.family_id))
  if (!claim) return false
  const item = await store.table.get<LedgerItem>(...rowKeys.version(run.intent_id, claim.body.version))
  return item?.body.retired === 'passed' || item?.body.retired === 'exhausted'
}

async function storedRecord(store: Store, run: ExperienceRun): Promise<string | null> {
  const key = `${keys.run(run.date, run.run_id)}decision-record.json`
  const bytes = (await store.objects.get(key)) ?? (await store.vault.get(key))
  return bytes && digestOfBytes(bytes)
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

/** Adds runs to an intent's index; a run that is listed already is not listed twice. */
export async function addToIndex(objects: ObjectStore, intent: string, runs: readonly IndexLine[]): Promise<void> {
  const listed = await readLines<IndexLine>(objects, indexKey(intent))
  const known = new Set(listed.map((l) => l.run_id))
  const added = runs.filter((r) => !known.has(r.run_id))
  await objects.put(indexKey(intent), [...listed, ...added].map((l) => `${JSON.stringify(l)}\n`).join(''))
}
