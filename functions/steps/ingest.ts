/** Stores imported runs: each family goes to search or to the vault before anything is written where the optimiser reads. */
import { digestOfBytes } from '#core/canonical.ts'
import { filesOf, type RunFiles } from '#core/experience/run-files.ts'
import { type SplitRule, splitSide } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { rowKeys } from './ledger-keys.ts'
import { readLines, type Store } from './store.ts'

/** One line of an intent's index: which runs it has, so that nobody lists a million folders. */
export interface IndexLine {
  readonly run_id: string
  readonly date: string | null
}
export const indexKey = (intent: string): string => `experience/index/${intent}.jsonl`

export interface IngestReport {
  readonly stored: number
  readonly unchanged: number
  readonly search_families: number
  readonly heldout_families: number
  readonly intents: readonly string[]
}

/** The store's split rule; the first import fixes it, a later one may not differ. */
export async function fixSplit(store: Store, wanted: SplitRule): Promise<SplitRule> {
  const [pk, sk] = rowKeys.split()
  if (await store.table.create(pk, sk, wanted)) return wanted
  const fixed = (await store.table.get<SplitRule>(pk, sk))!.body
  return fixed
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
  const listed = listedRuns(store)
  for await (const run of source()) {
    if (known.has(run.run_id))
      throw new UserError(`run ${run.run_id} comes twice in this import. Every run needs its own run_id`)
    known.add(run.run_id)
    const family = familyKey(run)
    const side = sides.get(family)
    if (side === undefined) sides.set(family, await sideOf(store, run, rule))
    else if (rule.by === 'recorded' && run.split !== null && run.split !== side)
      throw new UserError(
        `family "${run.family_id}" is recorded on both sides of the split (run ${run.run_id}): a family belongs to one side`,
      )
    const record = (await listed(run)) ? await storedRecord(store, run) : null
    if (record === null) continue
    if (record !== digestOfBytes(filesOf(run)['decision-record.json']))
      throw new UserError(
        `run ${run.run_id} is already stored with other content. Recorded runs never change: give the new one its own run_id`,
      )
    stored.add(run.run_id)
  }
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

/** Is a run in the index of its intent, on either side? A run that was written but never listed is written again. */
function listedRuns(store: Store): (run: ExperienceRun) => Promise<boolean> {
  const byIntent = new Map<string, Set<string>>()
  return async (run) => {
    let ids = byIntent.get(run.intent_id)
    if (!ids) {
      const lines = await Promise.all(
        [store.objects, store.vault].map((objects) => readLines<IndexLine>(objects, indexKey(run.intent_id))),
      )
      ids = new Set(lines.flat().map((l) => l.run_id))
      byIntent.set(run.intent_id, ids)
    }
    return ids.has(run.run_id)
  }
}

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
    index.get(run.intent_id)!.push({ run_id: run.run_id, date: run.date })
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
async function sideOf(store: Store, run: ExperienceRun, rule: SplitRule): Promise<'search' | 'heldout'> {
  if (rule.by === 'recorded' && run.split === null)
    throw new UserError(`run ${run.run_id} records no split: import it without --split recorded`)
  const side = rule.by === 'recorded' ? run.split! : splitSide(rule, run.family_id)
  if (side === 'search') return side
  const claim = await store.table.get<{ version: string }>(...rowKeys.family(run.intent_id, run.family_id))
  if (!claim) return side
  const item = await store.table.get<LedgerItem>(...rowKeys.version(run.intent_id, claim.body.version))
  return item && (item.body.retired === 'passed' || item.body.retired === 'exhausted') ? 'search' : side
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
  const added = runs.filter((r) => !known.has(r.run_id)).map(({ run_id, date }) => ({ run_id, date }))
  await objects.put(indexKey(intent), [...listed, ...added].map((l) => `${JSON.stringify(l)}\n`).join(''))
}
