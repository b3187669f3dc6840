/** What memory holds, for people, and what lifts an entry of it: a row beside it, so that both can be read for good. */
import { digestOf } from '#core/canonical.ts'
import type { RejectionLift, RejectionRecord } from '#schemas/proposal.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { intentsOf } from '../experience/documents.ts'
import { partitionProblem } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { type Remembered, remembered } from './memory.ts'

/** Everything that memory holds of every intent. */
export async function allRemembered(store: Pick<Store, 'table' | 'objects'>): Promise<Remembered[]> {
  const all: Remembered[] = []
  for (const intent of await intentsOf(store)) all.push(...(await remembered(store, intent)))
  return all
}

/** Characters of an id that are shown, and enough to name an entry by. */
const SHOWN = 12
const LEAST = 6

/** The id of an entry as people are shown it. */
export const shortId = ({ rejection_id }: Pick<RejectionRecord, 'rejection_id'>): string =>
  rejection_id.slice('sha256:'.length, 'sha256:'.length + SHOWN)

/**
 * Lifts one entry, which is named by its id or by the beginning of it. Throws UserError, with nothing written, for none, for
 * several, and for one that was lifted before.
 */
export async function forget(
  store: Pick<Store, 'table' | 'objects' | 'heads' | 'clock'>,
  text: string,
  said: Pick<RejectionLift, 'person' | 'reason'>,
): Promise<Forgotten> {
  const all = await allRemembered(store)
  const { record, sk, lift: before } = theEntry(all, text)
  if (before) throw liftedBefore(record, before)
  const why = await partitionProblem(store.heads, rowKeys.rejections(record.intent))
  if (why !== null) throw new UserError(why)
  const lift: RejectionLift = { lifts: record.rejection_id, ...said, at: store.clock.now() }
  const [pk, key] = rowKeys.lift(record.intent, sk)
  if (await store.table.create(pk, key, lift)) return { record, lift, others: alsoRefusing(record, all) }
  throw liftedBefore(record, (await store.table.get<RejectionLift>(pk, key))!.body)
}

/** What was lifted, and what still says no to some change of it. */
interface Forgotten {
  readonly record: RejectionRecord
  readonly lift: RejectionLift
  readonly others: readonly RejectionRecord[]
}

/** Entries that hold for a change of a lifted one, under its baseline and suite. A "no" to a list is none to a change of it. */
function alsoRefusing(lifted: RejectionRecord, all: readonly Remembered[]): RejectionRecord[] {
  const scope = ({ intent, baseline, suite }: RejectionRecord) => `${intent} ${baseline} ${suite}`
  const refused = ({ source, patches }: RejectionRecord) =>
    source === 'gate' ? [digestOf(patches)] : patches.map((patch) => digestOf([patch]))
  const was = new Set(refused(lifted))
  return all
    .filter(({ record, lift }) => lift === null && record.rejection_id !== lifted.rejection_id)
    .map(({ record }) => record)
    .filter((other) => scope(other) === scope(lifted) && refused(other).some((one) => was.has(one)))
}

const liftedBefore = (record: RejectionRecord, { person, at, reason }: RejectionLift): UserError =>
  new UserError(`rejection ${shortId(record)} was lifted by ${person} at ${at}: ${reason}. Nothing was written`)

function theEntry(all: readonly Remembered[], text: string): Remembered {
  const id = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
  if (!/^[0-9a-f]+$/.test(id) || id.length < LEAST)
    throw new UserError(
      `a rejection is named by its id, or by ${LEAST} characters of it or more, got "${text}": "autotune list" and "autotune explain RUN CANDIDATE" show them`,
    )
  const found = all.filter(({ record }) => record.rejection_id.slice('sha256:'.length).startsWith(id))
  if (found.length === 1) return found[0]!
  throw new UserError(
    found.length === 0
      ? `memory holds no rejection "${text}": "autotune list" and "autotune explain RUN CANDIDATE" show what it holds`
      : `"${text}" begins ${found.length} rejections: ${found
          .map(({ record }) => shortId(record))
          .slice(0, 5)
          .join(', ')}`,
  )
}
