/** Takes in the runs of an import, and refuses those that cannot be stored before anything is written. */
import { caseOf } from '#core/experience/index-line.ts'
import type { RunFacts } from '#core/experience/prepared-run.ts'
import type { SplitRule } from '#core/experience/split.ts'
import { type Erasures, erasedBy } from '#core/heads/erasures.ts'
import { compareInstants } from '#core/traces/ids.ts'
import { UserError } from '../../errors.ts'
import type { Scratch, Store } from '../../ports.ts'
import type { Copies } from './copies.ts'
import type { splitterOf } from './epochs.ts'
import type { SpentFamilies } from './families.ts'
import type { ImportJournal, StoredRun } from './import-journal.ts'
import type { IncomingRun, IncomingRuns } from './incoming-runs.ts'
import type { Side } from './side.ts'

/** Why a run of a trace is not taken in, while the rest of its import is: what is stored stands. */
export const REFUSALS = ['changed', 'shared', 'erased'] as const
export type Refusal = (typeof REFUSALS)[number]

/** Traces of an import whose stored run stands, whatever came of them now. */
export interface Standing {
  /** They came without their beginning, or a session without all of its traces: the window of an export cut them. */
  readonly parts: number
  /** Refused by name; of many the first are named. `why` of an erased one: when and by whom. */
  readonly refused: {
    readonly n: number
    readonly runs: readonly { readonly run_id: string; readonly reason: Refusal; readonly why: string | null }[]
  }
}

interface Checked {
  readonly standing: Standing
  readonly unchanged: number
  readonly intents: ReadonlySet<string>
}

/** What is known before the first run is taken in, and what is learned of each. */
interface Knowing {
  readonly journal: ImportJournal
  readonly copies: Copies
  readonly incoming: IncomingRuns
  readonly spent: SpentFamilies
  /** How the families of an intent fall that were never seen. */
  readonly splitter: (intent: string) => ReturnType<typeof splitterOf>
  readonly storedOn: (intent: string, family: string) => Promise<Side | null>
  readonly erasures: Erasures
  /** Were these runs recorded for a plan, and held against it? */
  readonly planned: boolean
}

/**
 * Takes every run in once and refuses what cannot be stored. Puts what it learns of each family aside; writes nothing. A
 * record that is no run is told of before a run that cannot be stored: the source is read to its end.
 */
export async function checked(
  store: Store,
  source: AsyncIterable<IncomingRun>,
  rule: SplitRule,
  known: Knowing,
  aside: Scratch,
): Promise<Checked> {
  const erased: string[] = []
  const standing = new Stands()
  const intents = new Set<string>()
  let unchanged = 0
  let refused: unknown = null
  for await (const run of source) {
    if (refused !== null) continue
    const { line, names, intent } = run.facts
    const tombstone = known.erasures.ofRun(names.run)
    if (tombstone) {
      if (run.traced) standing.refuse(line.run_id, 'erased', erasedBy(tombstone))
      else if (erased.length < ERASED_NAMED) erased.push(`${line.run_id} was ${erasedBy(tombstone)}`)
      continue
    }
    const stands = run.traced ? standsOf(run, known) : null
    if (stands === 'part') standing.parts++
    else if (stands !== null && stands !== 'waited') standing.refuse(line.run_id, stands)
    if (stands !== null) continue
    intents.add(intent)
    try {
      if (await isStored(run, rule, known, aside)) unchanged++
    } catch (error) {
      refused = error
    }
    const { count } = known.incoming
    if (count % 5000 === 0) store.progress(`read ${count} runs`)
  }
  if (refused !== null) throw refused
  if (erased.length > 0)
    throw new UserError(
      `nothing was imported: recorded runs that were erased never come back. Leave them out:\n${erased.map((one) => `  run ${one}`).join('\n')}${erased.length === ERASED_NAMED ? '\n  perhaps more' : ''}`,
    )
  return { standing, unchanged, intents }
}

/** Refused traces that an import names. */
const REFUSED_NAMED = 100

class Stands implements Standing {
  parts = 0
  readonly refused: { n: number; runs: Standing['refused']['runs'][number][] } = { n: 0, runs: [] }

  refuse(run_id: string, reason: Refusal, why: string | null = null): void {
    if (this.refused.n++ < REFUSED_NAMED) this.refused.runs.push({ run_id, reason, why })
  }
}

/**
 * Does what is stored of a trace stand, and what came of it is not taken in? Exports of every day overlap: a window cuts what is under way
 * at its edges, and must not hold up what is new. `waited`: what waited for a run that is stored by now is left out; the import that
 * completed it was killed before it said so.
 *
 * @returns null: nothing is stored of it, or the same
 */
function standsOf({ facts, traced }: IncomingRun, { journal }: Knowing): Refusal | 'part' | 'waited' | null {
  const { names, record } = facts
  const stored = journal.run(names)
  if (stored?.record === record) return null
  const holders = journal.holdersOf(names)
  if (holders.size === 1 && holders.has(null)) return null
  if (traced!.waitedAlone && stored) return 'waited'
  const [holder] = holders
  if (!stored) return holders.size === 1 ? 'part' : 'shared'
  const lacksTraces = holders.size === 1 && (stored.traces ?? 1) > 1 + (names.traces?.length ?? 0)
  if (lacksTraces || isWithin(facts, stored)) return 'part'
  return holder === names.run && [...holders].every((each) => each === holder || each === null) ? 'changed' : 'shared'
}

/** Does a trace begin after, or end before, the same trace as it is stored, and hold nothing beyond that? */
function isWithin({ began, last }: RunFacts, stored: StoredRun): boolean {
  // A day and an instant tell nothing of each other.
  if (began === null || began.length !== stored.began?.length) return false
  const before = Number(began > stored.began) - Number(began < stored.began)
  const after = stored.last === undefined ? 0 : compareInstants(last ?? null, stored.last)
  return before >= 0 && after <= 0 && (before > 0 || after < 0)
}

/** Erased runs that a refusal names. */
const ERASED_NAMED = 20

/** Takes a run in; is it stored already? Throws where it cannot be stored. */
async function isStored(run: IncomingRun, rule: SplitRule, known: Knowing, aside: Scratch): Promise<boolean> {
  const { journal, copies } = known
  const { facts } = run
  const { names, line } = facts
  const stored = journal.run(names)
  if ((line.planned ?? false) !== known.planned)
    throw new UserError(
      `run ${line.run_id} was recorded for a plan: import it with "autotune import --plan PLAN FILE", which holds it against that`,
    )
  if (aside.get(`run ${names.run}`) !== null)
    throw new UserError(`run ${line.run_id} comes twice in this import. Every run needs its own run_id`)
  aside.set(`run ${names.run}`, '')
  await copies.learn(facts.intent)
  const seen = aside.get(`side ${names.family}`) as Side | null
  const side = (rule.by === 'hash' ? seen : null) ?? (await sideOf(facts, rule, known))
  if ((seen ?? side) !== side) throw onBothSides(facts)
  if (known.planned && side !== 'search')
    throw new UserError(
      `run ${line.run_id}: its case is not on the search side, and no sealed case is recorded for a plan`,
    )
  if (seen === null) aside.set(`side ${names.family}`, side)
  const owner = aside.get(`owner ${names.case}`) ?? journal.ownerOf(names)
  if ((owner ?? names.family) !== names.family)
    throw new UserError(
      `case "${caseOf(line)}" belongs to another family than that of run ${line.run_id} ("${facts.family}"): recordings of one case have one family. Give the case its own case_id`,
    )
  if (owner === null) aside.set(`owner ${names.case}`, names.family)
  if (stored && stored.record !== facts.record)
    throw new UserError(
      `run ${line.run_id} is already stored with other content. Recorded runs never change: give the new one its own run_id. Where a label or what was needed is known better now, say so with "autotune correct FILE"`,
    )
  const taken = known.incoming.take(run)
  // A further recording of a case is of its family whatever it says, and makes none one with another.
  if (known.planned) await copies.meet(facts, side)
  else await copies.note(facts, side, taken.read, stored === null)
  return stored !== null
}

const onBothSides = ({ family, line }: RunFacts): UserError =>
  new UserError(
    `family "${family}" is recorded on both sides of the split (run ${line.run_id}): a family belongs to one side`,
  )

/**
 * Side of a family were it alone: its split, unless a retired version has already spent it: then it is search data for
 * good. A family that is one with another stays on the side of that one.
 */
async function sideOf(
  facts: RunFacts,
  rule: SplitRule,
  { spent, copies, storedOn, splitter }: Pick<Knowing, 'spent' | 'copies' | 'storedOn' | 'splitter'>,
): Promise<Side> {
  const { line, intent, family, split } = facts
  if (rule.by === 'recorded' && split === null)
    throw new UserError(`run ${line.run_id} records no split: import it without --split recorded`)
  const { epoch, sideOf } = await splitter(intent)
  const side = rule.by === 'recorded' ? split! : sideOf(family)
  const stored = await storedOn(intent, family)
  if (side === (stored ?? 'search')) return side
  if (await spent.has(intent, family)) return 'search'
  if (stored === null) return side
  // What was seen before a re-split stays where it is.
  if (copies.isLinked(intent, family) || epoch > 0) return stored
  throw onBothSides(facts)
}
