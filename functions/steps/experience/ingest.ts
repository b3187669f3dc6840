/** Stores imported runs: each family goes to search or to the vault before anything is written where the optimiser reads. */
import { digestOf } from '#core/canonical.ts'
import { caseOf, familyHash, familyName, type HashedNames, type IndexLine } from '#core/experience/index-line.ts'
import { prepareRun, type RunFacts } from '#core/experience/prepared-run.ts'
import { filesOfPacked, type RunFiles } from '#core/experience/run-files.ts'
import { type SplitRule, splitSide } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { Copies } from './copies.ts'
import { spentFamilies } from './families.ts'
import { addLinks } from './family-links.ts'
import { ImportJournal, type Side } from './import-journal.ts'
import { type ImportedRun, noteImported } from './imported.ts'
import { type IncomingRun, IncomingRuns, type TakenRun } from './incoming-runs.ts'
import { fixLayout, type Layout, layoutFor } from './layout.ts'
import { Restore } from './restore.ts'
import { addToIndex } from './run-index.ts'
import { SegmentWriter } from './segment-writer.ts'

export interface IngestReport {
  readonly stored: number
  readonly unchanged: number
  /** Unchanged runs of which a file or an index line was missing, or was changed, and is there again. */
  readonly restored: number
  /** How they lie; null: no runs were imported. */
  readonly layout: Layout | null
  readonly search_families: number
  readonly heldout_families: number
  readonly intents: readonly string[]
  readonly copies: CopiesReport
  readonly near_copies: NearCopiesReport
}

export interface IngestOptions {
  /** Count near copies as one family too. */
  readonly joinNear?: boolean
  /** How the runs are to lie. @default what the store has, or what suits the number of runs of its first import */
  readonly layout?: Layout | null
  /** Throws when another import has taken over; asked before every write that later imports build on. */
  readonly check?: () => Promise<void>
  /** Called when every run was taken and none is refused, before anything is written. */
  readonly sound?: () => Promise<void>
}

/** A run with the id of one that is stored, and other content. */
export class ChangedRun extends UserError {
  readonly runId: string
  constructor(runId: string) {
    super(
      `run ${runId} is already stored with other content. Recorded runs never change: give the new one its own run_id`,
    )
    this.runId = runId
  }
}

/** Runs that say nearly what a run of another family says. */
export interface NearCopiesReport {
  readonly runs: number
  /** Are they counted as one family? */
  readonly joined: boolean
  /** Two of them on the search side; null: there are none in this import. Sealed ones are counted, never named. */
  readonly example: readonly [string, string] | null
}

/** Runs that say what another run said before. Families with such runs are one, and count once. */
export interface CopiesReport {
  /** Runs of this import whose content came before. */
  readonly runs: number
  /** Conversations that they are copies of. */
  readonly conversations: number
  /** Sealed families that such a run links with the search side: they can never be asked. */
  readonly burned_families: number
}

/** The store's split rule; `null` before its first import of runs. */
export const fixedSplit = async (store: Store): Promise<SplitRule | null> =>
  (await store.table.get<SplitRule>(...rowKeys.split()))?.body ?? null

/** The store's split rule; the first import of runs fixes it, a later one may not differ. */
export async function fixSplit(store: Store, wanted: SplitRule): Promise<SplitRule> {
  return (await store.table.create(...rowKeys.split(), wanted)) ? wanted : (await fixedSplit(store))!
}

/** Writes runs and their index, prepared here one after the other. */
export function ingest(
  store: Store,
  source: () => AsyncIterable<ExperienceRun>,
  rule: SplitRule,
  options: IngestOptions = {},
): Promise<IngestReport> {
  const prepared = async function* () {
    for await (const run of source()) yield prepareRun(run, rule.key)
  }
  return ingestPrepared(store, prepared(), rule, options)
}

/**
 * Writes prepared runs and their index. Idempotent: a run that is stored with the same content is left alone. Other content under
 * a stored id, or an id that comes twice, is refused before anything is written; what the source throws in the end comes
 * before that. What is known of each run lies aside: memory holds neither runs nor their ids. Only writes the vault: what it
 * must know of earlier imports stands in its journal.
 *
 * @param source runs prepared under the key of `rule`
 */
export async function ingestPrepared(
  store: Store,
  source: AsyncIterable<IncomingRun>,
  rule: SplitRule,
  { joinNear = false, layout: wanted = null, check = async () => {}, sound = async () => {} }: IngestOptions = {},
): Promise<IngestReport> {
  const aside = store.scratch()
  const incoming = new IncomingRuns(store.scratch(), store.scratch())
  const packing = {
    search: new SegmentWriter<ToPack>(store.scratch(), incoming.texts),
    heldout: new SegmentWriter<ToPack>(store.scratch(), incoming.texts),
  }
  try {
    const journal = await ImportJournal.read(store.objects, aside)
    const spent = new SpentFamilies(store, aside)
    const storedOn = async (intent_id: string, family_id: string): Promise<Side | null> => {
      const side = journal.sideOf({ family: familyName(intent_id, family_id) })
      return side === 'heldout' && (await spent.has({ intent_id, family_id })) ? 'search' : side
    }
    const copies = new Copies(store.objects, aside, { splitKey: rule.key, storedOn, joinNear })
    const knowing = { journal, spent, copies, storedOn, incoming }
    const { unchanged, intents } = await checked(store, source, rule, knowing, aside)
    const runs = incoming.count
    await check()
    const layout = runs === 0 ? null : await layoutFor(store, { wanted, runs, isOld: !journal.isEmpty })
    if (runs > 0 && digestOf(await fixSplit(store, rule)) !== digestOf(rule))
      throw new UserError(
        'this store splits families by another rule: families never move. Use the rule of its first import',
      )
    await sound()
    if (layout !== null) await fixLayout(store, layout)
    await keepCopies(store, copies)
    const known = { journal, copies, incoming, check, layout, packing }
    const { families, restored } = await writeRuns(store, known, aside)
    return {
      stored: runs - unchanged,
      unchanged,
      restored,
      layout,
      search_families: families.search,
      heldout_families: families.heldout,
      intents: [...intents].sort(),
      copies: { runs: copies.runs, conversations: copies.contents, burned_families: copies.burned },
      near_copies: { runs: copies.near, joined: joinNear, example: copies.nearExample() },
    }
  } finally {
    packing.search.close()
    packing.heldout.close()
    incoming.close()
    aside.close()
  }
}

interface Known {
  readonly journal: ImportJournal
  readonly copies: Copies
  readonly incoming: IncomingRuns
}

interface Knowing extends Known {
  readonly spent: SpentFamilies
  readonly storedOn: (intent: string, family: string) => Promise<Side | null>
}

interface Checked {
  readonly unchanged: number
  readonly intents: ReadonlySet<string>
}

/**
 * Takes every run in once and refuses what cannot be stored. Puts what it learns of each family aside; writes nothing. A
 * record that is no run is told of before a run that cannot be stored: the source is read to its end.
 */
async function checked(
  store: Store,
  source: AsyncIterable<IncomingRun>,
  rule: SplitRule,
  known: Knowing,
  aside: Scratch,
): Promise<Checked> {
  const intents = new Set<string>()
  let unchanged = 0
  let refused: unknown = null
  for await (const run of source) {
    if (refused !== null) continue
    intents.add(run.facts.intent)
    try {
      if (await isStored(run, rule, known, aside)) unchanged++
    } catch (error) {
      refused = error
    }
    const { count } = known.incoming
    if (count % 5000 === 0) store.progress(`read ${count} runs`)
  }
  if (refused !== null) throw refused
  return { unchanged, intents }
}

/** Takes a run in; is it stored already? Throws where it cannot be stored. */
async function isStored(run: IncomingRun, rule: SplitRule, known: Knowing, aside: Scratch): Promise<boolean> {
  const { journal, copies } = known
  const { facts } = run
  const { names, line } = facts
  if (aside.get(`run ${names.run}`) !== null)
    throw new UserError(`run ${line.run_id} comes twice in this import. Every run needs its own run_id`)
  aside.set(`run ${names.run}`, '')
  await copies.learn(facts.intent)
  const seen = aside.get(`side ${names.family}`) as Side | null
  const side = (rule.by === 'hash' ? seen : null) ?? (await sideOf(facts, rule, known))
  if ((seen ?? side) !== side) throw onBothSides(facts)
  if (seen === null) aside.set(`side ${names.family}`, side)
  const owner = aside.get(`owner ${names.case}`) ?? journal.ownerOf(names)
  if ((owner ?? names.family) !== names.family)
    throw new UserError(
      `case "${caseOf(line)}" belongs to another family than that of run ${line.run_id} ("${facts.family}"): recordings of one case have one family. Give the case its own case_id`,
    )
  if (owner === null) aside.set(`owner ${names.case}`, names.family)
  const stored = journal.run(names)
  if (stored && stored.record !== facts.record) throw new ChangedRun(line.run_id)
  const taken = known.incoming.take(run)
  await copies.note(facts, side, taken.read)
  return stored !== null
}

const onBothSides = ({ family, line }: RunFacts): UserError =>
  new UserError(
    `family "${family}" is recorded on both sides of the split (run ${line.run_id}): a family belongs to one side`,
  )

/** What was learned of copies is kept before any run is: killed in between, the same import goes on from it. */
async function keepCopies({ objects, vault }: Store, copies: Copies): Promise<void> {
  await copies.keepContents()
  for (const intent of copies.intents)
    for (const [side, to] of [
      ['search', objects],
      ['heldout', vault],
    ] as const)
      await addLinks(to, intent, copies.linksOf(intent, side))
  await copies.keepLinks()
}

/** How many runs are written at once. */
const WRITE_AHEAD = 64
/** How many runs are journaled at once: what a killed import writes again at most. */
const JOURNAL_RUNS = 256

interface Writing extends Known {
  readonly check: () => Promise<void>
  readonly layout: Layout | null
  readonly packing: Readonly<Record<Side, SegmentWriter<ToPack>>>
}

/**
 * Runs first, then the journal says that they are stored, then the indexes list them. Killed in between, the same import
 * goes on from what the journal holds: a run is listed only when its id can no longer stand for other content.
 */
async function writeRuns(
  store: Store,
  { journal, copies, incoming, check, layout, packing }: Writing,
  aside: Scratch,
): Promise<{ readonly families: Record<Side, number>; readonly restored: number }> {
  const restore = new Restore(store, aside)
  const families = { search: 0, heldout: 0 }
  const objectsOf = { search: store.objects, heldout: store.vault }
  const unlisted = { search: new UnlistedRuns(aside, 'search'), heldout: new UnlistedRuns(aside, 'heldout') }
  let ahead: Promise<void>[] = []
  let done = 0
  const settle = async (): Promise<void> => {
    await Promise.all(ahead)
    ahead = []
  }
  for (const taken of incoming.all()) {
    if (++done % 2000 === 0) store.progress(`stored ${done} of ${incoming.count} runs`)
    const { facts } = taken
    const { line, intent, names, record } = facts
    const { family, side } = copies.placeOf(facts)
    const counted = `counted ${intent} ${family}`
    if (aside.get(counted) === null) families[side]++
    aside.set(counted, '')
    const stored = journal.run(names)
    const files = (): RunFiles => filesOfPacked(taken.recorded())
    if (stored) {
      const { list, pack } = await restore.run({ ...line, intent }, stored, files)
      if (stored.unlisted !== undefined) journal.lists(stored.unlisted)
      for (const on of pack) addToPack(packing[on], taken)
      const { packed } = stored
      if ((stored.unlisted !== undefined && !pack.includes(stored.side)) || list)
        unlisted[stored.side].add(intent, { ...line, ...(packed && { packed }) }, stored.record)
      continue
    }
    if (layout === 'segments') {
      addToPack(packing[side], taken)
      continue
    }
    unlisted[side].add(intent, line, record)
    const writing = writeRun(objectsOf[side], line, files())
    // Looked at when its turn comes; until then a failure must not pass for one that nobody handles.
    writing.catch(() => {})
    ahead.push(writing)
    journal.add(names, side, record)
    if (ahead.length === WRITE_AHEAD) await ahead.shift()
    if (journal.pending < JOURNAL_RUNS) continue
    await settle()
    await check()
    await journal.flush()
  }
  await settle()
  for (const side of ['search', 'heldout'] as const) {
    for await (const written of packing[side].write(objectsOf[side])) {
      for (const { line, about } of written) {
        unlisted[side].add(about.intent, line, about.record)
        journal.add(about.names, side, about.record, line.packed)
      }
      await check()
      await journal.flush()
    }
  }
  await check()
  await journal.flush()
  for (const side of ['search', 'heldout'] as const) {
    for (const intent of unlisted[side].intents)
      await addToIndex(objectsOf[side], intent, unlisted[side].linesOf(intent))
    // Where nobody who compiles may read the journal, each side says for itself what was imported.
    if (store.rolesApart) await noteImported(objectsOf[side], unlisted[side].records())
  }
  await journal.markListed(store)
  return { families, restored: restore.runs }
}

/** What is to be said of a run once it is packed. */
interface ToPack {
  readonly intent: string
  readonly names: HashedNames
  readonly record: string
}

function addToPack(packing: SegmentWriter<ToPack>, { facts, texts }: TakenRun): void {
  const { line, intent, names, record } = facts
  packing.addAside(line, texts, { intent, names, record })
}

/** Runs of one side that the indexes do not list yet, put aside in the order in which they come. */
class UnlistedRuns {
  readonly intents = new Set<string>()
  readonly #aside: Scratch
  readonly #side: Side
  #count = 0

  constructor(aside: Scratch, side: Side) {
    this.#aside = aside
    this.#side = side
  }

  /** @param record digest of its decision record */
  add(intent: string, line: IndexLine, record: string): void {
    this.intents.add(intent)
    const number = String(this.#count++).padStart(12, '0')
    this.#aside.set(`${this.#prefix(intent)}${number}`, JSON.stringify(line))
    this.#aside.set(
      `record ${this.#side} ${number}`,
      JSON.stringify({ run: line.run_id, record } satisfies ImportedRun),
    )
  }

  *records(): Generator<ImportedRun> {
    for (const [, line] of this.#aside.entries(`record ${this.#side} `)) yield JSON.parse(line) as ImportedRun
  }

  *linesOf(intent: string): Generator<IndexLine> {
    for (const [, line] of this.#aside.entries(this.#prefix(intent))) yield JSON.parse(line) as IndexLine
  }

  #prefix(intent: string): string {
    return `unlisted ${this.#side} ${intent} `
  }
}

/**
 * Side of a family were it alone: its split, unless a retired version has already spent it: then it is search data for
 * good. A family that is one with another stays on the side of that one.
 */
async function sideOf(
  facts: RunFacts,
  rule: SplitRule,
  { spent, copies, storedOn }: Pick<Knowing, 'spent' | 'copies' | 'storedOn'>,
): Promise<Side> {
  const { line, intent, family, split } = facts
  if (rule.by === 'recorded' && split === null)
    throw new UserError(`run ${line.run_id} records no split: import it without --split recorded`)
  const side = rule.by === 'recorded' ? split! : splitSide(rule, family)
  const stored = await storedOn(intent, family)
  if (side === (stored ?? 'search')) return side
  if (await spent.has({ intent_id: intent, family_id: family })) return 'search'
  if (stored === null) return side
  if (copies.isLinked(intent, family)) return stored
  throw onBothSides(facts)
}

/** Families that a retired version has spent, read once an intent and put aside. */
class SpentFamilies {
  readonly #store: Store
  readonly #aside: Scratch
  readonly #intents = new Set<string>()

  constructor(store: Store, aside: Scratch) {
    this.#store = store
    this.#aside = aside
  }

  async has({ intent_id, family_id }: Pick<ExperienceRun, 'intent_id' | 'family_id'>): Promise<boolean> {
    const prefix = `spent ${intent_id} `
    if (!this.#intents.has(intent_id))
      for await (const family of spentFamilies(this.#store, intent_id)) this.#aside.set(`${prefix}${family}`, '')
    this.#intents.add(intent_id)
    return this.#aside.get(`${prefix}${familyHash(family_id)}`) !== null
  }
}

/** The decision record seals the other files, so it is written last: a run without one does not exist yet. */
export async function writeRun(
  objects: ObjectStore,
  run: Pick<IndexLine, 'date' | 'run_id'>,
  files: RunFiles,
): Promise<void> {
  const folder = keys.run(run.date, run.run_id)
  await Promise.all(
    RUN_FILES.filter((f) => f !== 'decision-record.json').map((file) => objects.put(`${folder}${file}`, files[file])),
  )
  await objects.put(`${folder}decision-record.json`, files['decision-record.json'])
}
