/** Is a store what its journal of heads says? Runs, ledger and documents; what was recorded is looked at by `verify` without a run. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { type Claims, claimsOf, itemKey, itemName, itemProblem, promotionKey } from '#core/heads/claims.ts'
import { STANDS_AGAIN } from '#core/heads/erasures.ts'
import type { HeadLine } from '#schemas/head-line.ts'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Heads, ObjectStore, Store } from '../../ports.ts'
import { orNull, readJson, readText } from '../../streams/read-object.ts'
import { digestIn } from '../experience/run-index.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { DAMAGED, isLock } from '../store/run-lock.ts'
import { uncodedOf } from './decision-codes.ts'
import { rowProblem } from './ours.ts'
import { hadJournal, storedItems, storedRuns } from './stored-heads.ts'

/** One thing that is not as the journal has it. */
export interface HeadProblem {
  /** What it is about, for people: a run, an item of the ledger, a document. */
  readonly what: string
  readonly why: string
}

export interface HeadsChecked {
  /** The journal; empty: it has not begun. */
  readonly lines: readonly HeadLine[]
  /** Runs, items and imports that stood there when the journal began: found, not seen to be decided. */
  readonly found: number
  /** Decisions without a code of their own: made by an earlier version, or nobody signs them here. */
  readonly uncoded: number
  readonly problems: readonly HeadProblem[]
  readonly claims: Claims
}

/**
 * What of a store is missing, changed, older than known or not of this program; null: it keeps no journal.
 * @param how how much of the journal is read
 */
export async function checkHeads(store: Store, how: Parameters<Heads['read']>[0] = {}): Promise<HeadsChecked | null> {
  if (!store.heads) return null
  const { journal, items } = store.heads
  const { lines, problem } = await journal.read(how)
  const claims = claimsOf(lines)
  const problems: HeadProblem[] = problem === null ? [] : [{ what: 'journal of heads', why: problem }]
  const say = (what: string, why: string) => problems.push({ what, why })
  await checkRuns(store, claims, lines.length > 0, say)
  const seen = new Set<string>()
  let uncoded = 0
  const partitions = [...claims.items.values()].map(({ pk }) => pk)
  for await (const { row, code } of storedItems({ objects: store.objects, items }, partitions)) {
    seen.add(itemKey(row))
    const why = await rowProblem(store.heads, claims, { row, code })
    if (why !== null) say(itemName(row), why)
    else uncoded += uncodedOf(row)
  }
  if (lines.length === 0 && (await hadJournal({ ...store, items })))
    say('the journal of heads', 'is missing: the store was written with one')
  for (const [key, claim] of claims.items) if (!seen.has(key)) say(itemName(claim), itemProblem(claim, null)!)
  if (!store.rolesApart) for (const key of await unknownImports(store.objects, claims)) say(key, NOT_OURS)
  for (const [ref, digest] of claims.documents) {
    const why = await documentProblem(store.objects, ref, digest)
    if (why === MISSING && (await isBeingMade(store, ref))) continue
    if (why !== null) say(ref, why)
  }
  for (const { rollout, revision, digest } of claims.promotions.values()) {
    const key = keys.promotion(rollout, revision, 'artifact.json')
    const signed = await orNull(readJson<SignedRollout>(store.releases, key))
    if (signed === null || digestOf(signed) !== digest)
      say(`promotion record ${promotionKey(rollout, revision)}`, signed === null ? 'is missing' : 'was changed')
  }
  return { lines, found: claims.found, uncoded, problems, claims }
}

/** A finishing run's other files are written before its line: a lock alone, which anybody can put there, explains nothing. */
const isPinned = async (objects: ObjectStore, run: string): Promise<boolean> =>
  (await objects.get(keys.autotuneRun(run, 'target.json'))) !== null

/** A run that is under way, or was interrupted, may have its line before its manifest is there. */
async function checkRuns(
  { objects, table }: Store,
  { runs, erasures }: Claims,
  begun: boolean,
  say: (what: string, why: string) => void,
): Promise<void> {
  const stored = new Set<string>()
  for await (const { run, digest } of storedRuns(objects)) {
    stored.add(run)
    const claim = runs.get(run)
    if (digest !== null && erasures.isGone(digest)) {
      say(`run ${run}`, STANDS_AGAIN)
      continue
    }
    if (claim === undefined && begun) say(`run ${run}`, 'is not in the journal: somebody else put it there')
    else if (claim !== undefined && digest !== claim.digest && !erasures.explains(claim.digest, digest))
      say(`run ${run}`, 'was changed: its manifest is not the one that was written')
  }
  const open = new Set<string>()
  for await (const { sk, body } of table.query('lock'))
    if (isLock(body)) open.add(body.run_id)
    else say(`lock of ${sk}`, DAMAGED)
  for (const { run, verdict } of runs.values())
    if (!stored.has(run) && !(open.has(run) && (await isPinned(objects, run))))
      say(`run ${run}`, `is missing: it ended ${verdict}, and was removed since`)
}

/** Of an earlier version, too, which kept no journal. */
const NOT_OURS =
  'is not in the journal: another program put runs into this store. If they are yours, remove this file and import the same runs again; if not, restore the store from a copy'

/**
 * Lists of imported runs and of corrections that no line of the journal names, by their names: what they hold is looked at by whoever reads them.
 * None where the journal names no import: a store of an earlier version was found as it stood, and is compared with its runs.
 */
async function unknownImports(objects: ObjectStore, { imports }: Claims): Promise<string[]> {
  const unknown: string[] = []
  if (imports.size > 0)
    for (const prefix of [keys.journalListed(), keys.journalCorrections()])
      for await (const key of objects.list(prefix)) if (!imports.has(digestIn(key))) unknown.push(key)
  return unknown
}

const MISSING = 'is missing: import it again'

/** A pack whose rollout is being started, or whose start was killed, may have its line before it is there. */
async function isBeingMade({ table }: Store, ref: string): Promise<boolean> {
  const reserved = await table.get<{ readonly rollout_id: string }>(...rowKeys.packVersion(ref))
  return reserved !== null && (await table.get(...rowKeys.rollout(reserved.body.rollout_id))) === null
}

/** A document is as it was published: a pack and a suite may have one ref. */
async function documentProblem(objects: ObjectStore, ref: string, digest: string): Promise<string | null> {
  let why = MISSING
  for (const key of [keys.pack(ref), keys.suite(ref), keys.priceTable(ref), keys.document(ref)]) {
    const text = await readText(objects, key)
    if (text !== null && digestOfBytes(text) === digest) return null
    if (text !== null) why = 'was changed since it was published'
  }
  return why
}

/** How many problems a refusal names. */
const NAMED = 5

/** What is wrong, for a refusal; empty: nothing is, or no journal is kept. */
export async function headProblems(store: Store): Promise<string[]> {
  const problems = (await checkHeads(store))?.problems ?? []
  const named = problems.slice(0, NAMED).map(({ what, why }) => `${what} ${why}`)
  if (problems.length > NAMED) named.push(`and ${problems.length - NAMED} more: "autotune verify" names them all`)
  return named
}

/** Throws UserError where a store is not what its journal says: nothing may be decided on it. */
export async function needHeads(store: Store): Promise<void> {
  const problems = await headProblems(store)
  if (problems.length > 0)
    throw new UserError(
      `this store is not what its journal of heads says, so nothing is decided on it:\n${problems.map((p) => `  ${p}`).join('\n')}\nRestore it from a copy; "autotune verify" without a run looks at everything`,
    )
}
