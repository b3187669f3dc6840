/** Stores imported runs: each family goes to search or to the vault before anything is written where the optimiser reads. */
import { digestOf } from '#core/canonical.ts'
import { familyName, namesOfTraces } from '#core/experience/index-line.ts'
import { prepareRuns } from '#core/experience/prepared-run.ts'
import type { SplitRule } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { erasuresOf } from '../store/erasures.ts'
import { checked, type Standing } from './check-runs.ts'
import { Copies } from './copies.ts'
import { splitterOf } from './epochs.ts'
import { SpentFamilies } from './families.ts'
import { addLinks } from './family-links.ts'
import { ImportJournal } from './import-journal.ts'
import { type IncomingRun, IncomingRuns } from './incoming-runs.ts'
import { fixLayout, type Layout, layoutFor } from './layout.ts'
import { noteNearCopies } from './near-copies-found.ts'
import { objectsOf, SIDES, type Side } from './side.ts'
import { fixSplit } from './split-rule.ts'
import { writeRuns } from './write-runs.ts'

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
  /** They were recorded for a plan, and held against it. @default false */
  readonly planned?: boolean
  /** How the runs are to lie. @default what the store has, or what suits the number of runs of its first import */
  readonly layout?: Layout | null
  /** Throws when another import has taken over; asked before every write that later imports build on. */
  readonly check?: () => Promise<void>
  /** Is told, before the first run is asked for, how to ask whether runs hold all of some traces already. */
  readonly knowing?: (holds: (traces: readonly string[]) => boolean) => void
  /** Called when every run was taken and the import is not refused, before anything is written. */
  readonly sound?: (standing: Standing) => Promise<void>
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

/** Few enough to be held. */
const PREPARED_AT_ONCE = 32

/** Writes runs and their index, prepared here some at a time. */
export function ingest(
  store: Store,
  source: () => AsyncIterable<ExperienceRun>,
  rule: SplitRule,
  options: IngestOptions = {},
): Promise<IngestReport> {
  const prepared = async function* () {
    for await (const runs of inShards(source(), PREPARED_AT_ONCE)) yield* prepareRuns(runs, rule.key)
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
  {
    joinNear = false,
    planned = false,
    layout: wanted = null,
    check = async () => {},
    knowing = () => {},
    sound = async () => {},
  }: IngestOptions = {},
): Promise<IngestReport> {
  const aside = store.scratch()
  const incoming = new IncomingRuns(store.scratch(), store.scratch())
  try {
    const journal = await ImportJournal.read(store.objects, aside)
    knowing((traces) => !journal.holdersOf(namesOfTraces(traces)).has(null))
    const spent = new SpentFamilies(store, aside)
    const erasures = await erasuresOf(store)
    const storedOn = async (intent: string, family: string): Promise<Side | null> => {
      const side = journal.sideOf({ family: familyName(intent, family) })
      return side === 'heldout' && (await spent.has(intent, family)) ? 'search' : side
    }
    const copies = new Copies(store.objects, aside, { splitKey: rule.key, storedOn, joinNear })
    const splitters = new Map<string, ReturnType<typeof splitterOf>>()
    const splitter = (intent: string) => {
      const known = splitters.get(intent) ?? splitterOf(store, rule, intent)
      splitters.set(intent, known)
      return known
    }
    const known = { journal, spent, copies, storedOn, splitter, erasures, incoming, planned }
    const { standing, unchanged, intents } = await checked(store, source, rule, known, aside)
    const runs = incoming.count
    await check()
    const layout = runs === 0 ? null : await layoutFor(store, { wanted, runs, isOld: !journal.isEmpty })
    if (runs > 0 && digestOf(await fixSplit(store, rule)) !== digestOf(rule))
      throw new UserError(
        'this store splits families by another rule: families never move. Use the rule of its first import',
      )
    await sound(standing)
    if (layout !== null) await fixLayout(store.objects, layout)
    await keepCopies(store, copies)
    const { families, restored } = await writeRuns(store, { journal, copies, incoming, check, layout }, aside)
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
    incoming.close()
    aside.close()
  }
}

/** What was learned of copies is kept before any run is: killed in between, the same import goes on from it. */
async function keepCopies(store: Store, copies: Copies): Promise<void> {
  await copies.keepContents()
  for (const intent of copies.intents)
    for (const side of SIDES) await addLinks(objectsOf(store, side), intent, copies.linksOf(intent, side))
  await copies.keepLinks()
  for (const { intent, found, code } of copies.newNearCopies()) await noteNearCopies(store.objects, intent, found, code)
}
