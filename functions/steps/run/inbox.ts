/**
 * The inbox: changes that a program outside proposes, counted before anything is replayed for them and answered once. A place is
 * taken by a write that only one can win, so a killed process spends what it took and no two of them the same.
 */
import { canonical, digestOf } from '#core/canonical.ts'
import { changeDigest, inboxAnswer, quarterOf } from '#core/proposal/inbox.ts'
import { meaningOf } from '#core/space/meaning.ts'
import { typedPatch } from '#core/space/typed-patch.ts'
import { DEFAULT_PROPOSALS, InboxAnswer, InboxEntry } from '#schemas/inbox.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Clock, ObjectStore } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'
import type { LookingEngine } from '../replay/search-look.ts'
import { type AnsweredContract, answeredContract } from './contract.ts'
import { boundedEach, type LocatedChange } from './hand-written.ts'
import { remembered } from './memory.ts'
import { type LookedAt, type Proposed, type ProposedChange, proposeChanges } from './propose.ts'
import { gatherStanding } from './standing.ts'

/** All that a proposer may write: entries and answers where none stands. */
export type InboxObjects = Pick<ObjectStore, 'get' | 'list' | 'putIfAbsent'>

/** One place of the inbox. null: it is not answered yet, or nobody can read it any more. */
export interface InboxRow {
  readonly quarter: string
  readonly n: number
  readonly entry: InboxEntry | null
  readonly answer: InboxAnswer | null
}

/** Every place that was ever taken for an intent, in order. */
export async function readInbox(objects: InboxObjects, intent: string): Promise<InboxRow[]> {
  const rows = inBlocks(objects.list(keys.inbox(intent)), async (key): Promise<InboxRow[]> => {
    const [, quarter, digits] = /\/(\d{4}-Q[1-4])\/(\d{6})\.json$/.exec(key) ?? []
    if (quarter === undefined) return []
    const n = Number(digits)
    const text = await readText(objects, keys.inboxAnswer(intent, quarter, n))
    return [
      {
        quarter,
        n,
        entry: await entryAt(objects, key),
        answer: InboxAnswer.safeParse(jsonOf(text ?? '')).data ?? null,
      },
    ]
  })
  return (await Array.fromAsync(rows)).flat()
}

const entryAt = async (objects: InboxObjects, key: string): Promise<InboxEntry | null> =>
  InboxEntry.safeParse(jsonOf((await readText(objects, key)) ?? '')).data ?? null

/** What a proposer hands over: a change, or why there is none to read. */
export type Handed = LocatedChange | { readonly at: string; readonly unreadable: string }

/** What became of one of them. */
export type Reply =
  | { readonly at: string; readonly how: 'unreadable'; readonly says: string }
  /** `memory`: it was proposed before, under the same; `looked`: the search side was asked now. */
  | { readonly at: string; readonly how: 'memory'; readonly entry: InboxEntry; readonly answer: InboxAnswer }
  | {
      readonly at: string
      readonly how: 'looked'
      readonly entry: InboxEntry
      readonly answer: InboxAnswer
      /** The same with every figure, as people are shown it. */
      readonly told: ProposedChange
    }

/** How much of a budget is spent. */
export interface Budget {
  readonly intent: string
  readonly quarter: string
  readonly budget: number
  readonly spent: number
}

export interface InboxReplies extends Budget {
  readonly replies: readonly Reply[]
  /** Proposals that were not looked at, because the budget is spent; they are not counted. */
  readonly refused: number
  /** Why nothing more was taken before all was read: a call looks at so many new ones at most. */
  readonly stopped: boolean
  /** What stands beside the figures; null: nothing was asked of the search side. */
  readonly proposed: Proposed | null
}

/** What the inbox needs: the search side to look at, its own objects, and the time. */
interface InboxPorts {
  readonly looked: LookedAt
  readonly inbox: InboxObjects
  readonly clock: Clock
}

/** In words that a proposer can act on. */
export const spentWords = ({ budget, intent, quarter }: Budget): string =>
  `budget of ${budget} proposals spent: ${intent} takes no more in ${quarter}. What was proposed before is answered all the same; the owner of the target may raise "proposal_budget" in it`

/** How much of the budget of a target is spent now, beside all that was ever proposed. */
export async function budgetOf(
  { inbox, clock }: Pick<InboxPorts, 'inbox' | 'clock'>,
  intent: string,
  { proposal_budget: budget = DEFAULT_PROPOSALS }: Pick<TuningTarget, 'proposal_budget'>,
): Promise<Budget & { readonly rows: readonly InboxRow[] }> {
  const quarter = quarterOf(clock.now())
  const rows = await readInbox(inbox, intent)
  const spent = rows.findLast((row) => row.quarter === quarter)?.n ?? 0
  return { intent, quarter, budget, spent, rows }
}

/**
 * Takes proposals one after the other, counts each that is new, and asks the search side once for all of them. What was
 * proposed before under the same target, documents, records and memory has its answer from then, and is not counted again.
 * @param most new ones that are looked at; what comes behind them is not read
 * @throws UserError as `proposeChanges`; what was counted then is answered at no further count when it comes again
 */
export async function proposeCounted(
  ports: InboxPorts,
  target: TuningTarget,
  handed: Iterable<Handed>,
  engine: LookingEngine | null,
  most: number,
): Promise<InboxReplies> {
  const { looked, inbox, clock } = ports
  const contract = await answeredContract(looked, target)
  const { intent } = contract.resolved
  const { rows, ...before } = await budgetOf(ports, intent, target)
  const under = await standing(looked, target, contract, engine)
  const known = new Map<string, InboxRow>()
  for (const row of rows)
    if (row.entry?.under === under && !known.get(row.entry.digest)?.answer) known.set(row.entry.digest, row)
  const replies: (Reply | { readonly at: string; readonly asks: Asked })[] = []
  const asking = new Map<string, Asked>()
  let { spent } = before
  let refused = 0
  let stopped = false
  for (const one of handed) {
    if ('unreadable' in one) {
      replies.push({ at: one.at, how: 'unreadable', says: one.unreadable })
      continue
    }
    // To hold a prompt to its bounds takes milliseconds, and thousands may lie in a folder of which none is taken any more.
    if (spent >= before.budget && !mayBeKnown(one)) {
      refused++
      continue
    }
    const [bounded] = await boundedEach([one], contract.pack, target)
    const digest = bounded!.candidate ? meaningOf(contract.pack, bounded!.candidate.patch) : changeDigest(one.change)
    const row = known.get(digest)
    const asked = asking.get(digest)
    if (row?.entry && row.answer) {
      replies.push({ at: one.at, how: 'memory', entry: row.entry, answer: row.answer })
      continue
    }
    if (asked) {
      replies.push({ at: one.at, asks: asked })
      continue
    }
    if (asking.size === most) {
      stopped = true
      break
    }
    const entry = row?.entry ?? (await claim(inbox, spent, before.budget, entryOf(one, digest)))
    if (!entry) {
      refused++
      continue
    }
    if (entry.quarter === before.quarter) spent = Math.max(spent, entry.n)
    const asks = { entry, change: one }
    asking.set(digest, asks)
    replies.push({ at: one.at, asks })
  }
  const list = [...asking.values()]
  const proposed =
    list.length === 0
      ? null
      : await proposeChanges(
          looked,
          target,
          list.map((a) => a.change),
          engine,
        )
  const answers = new Map<Asked, { answer: InboxAnswer; told: ProposedChange }>()
  for (const [i, asked] of list.entries()) {
    const told = proposed!.changes[i]!
    const answer = inboxAnswer(asked.entry.n, under, told)
    await inbox.putIfAbsent(keys.inboxAnswer(intent, asked.entry.quarter, asked.entry.n), `${canonical(answer)}\n`)
    answers.set(asked, { answer, told })
  }
  const told = replies.map((reply): Reply => {
    if (!('asks' in reply)) return reply
    const { entry, change } = reply.asks
    const { answer, told } = answers.get(reply.asks)!
    return change.at === reply.at
      ? { at: reply.at, how: 'looked', entry, answer, told }
      : { at: reply.at, how: 'memory', entry, answer }
  })
  return { ...before, spent, replies: told, refused, stopped, proposed }

  /** Could it have been proposed before, or just now, whether or not it is within its bounds? */
  function mayBeKnown({ change }: LocatedChange): boolean {
    const digests = [changeDigest(change), meaningOf(contract.pack, typedPatch(change.patch, contract.pack))]
    return digests.some((digest) => known.has(digest) || asking.has(digest))
  }

  function entryOf({ change }: LocatedChange, digest: string): Omit<InboxEntry, 'n'> {
    const origin = change.origin ?? 'inbox'
    return { inbox: 'entry.v1', intent, quarter: before.quarter, at: clock.now(), origin, change, digest, under }
  }
}

/** A proposal that the search side is asked about now. */
interface Asked {
  readonly entry: InboxEntry
  readonly change: LocatedChange
}

/** Takes the next free place, or that of the same proposal where another process has just taken it; null: the budget is spent. */
async function claim(
  inbox: InboxObjects,
  spent: number,
  budget: number,
  entry: Omit<InboxEntry, 'n'>,
): Promise<InboxEntry | null> {
  for (let n = spent + 1; n <= budget; n++) {
    const placed = { ...entry, n }
    const key = keys.inboxEntry(entry.intent, entry.quarter, n)
    if (await inbox.putIfAbsent(key, `${canonical(placed)}\n`)) return placed
    const other = await entryAt(inbox, key)
    if (other?.digest === entry.digest && other.under === entry.under) return other
  }
  return null
}

/** Digest of all that an answer depends on, from what the store lists: segments are named by their bytes. Nothing is compiled for it. */
async function standing(
  store: LookedAt,
  target: TuningTarget,
  { pack, suite, prices, resolved: { intent } }: AnsweredContract,
  engine: LookingEngine | null,
): Promise<string> {
  const listed: string[] = []
  for (const prefix of [keys.index(intent), keys.familyLinks(intent), keys.corrections(), keys.scars(intent)])
    for await (const key of store.objects.list(prefix)) listed.push(key)
  const memory = (await remembered(store, intent)).map(({ sk, lift }) => (lift ? `${sk} lifted` : sk))
  const { in_force, released } = await gatherStanding(store, target)
  const { proposal_budget: _, ...asked } = target
  return digestOf({
    target: asked,
    pack,
    suite,
    prices,
    listed,
    memory,
    released: released.map(({ pack: ref }) => ref),
    in_force,
    replayer: engine?.replayer ?? null,
  })
}
