/** Rejection memory: read once when a run starts, written once with its final state. */
import { byCodeUnit, digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import { type AskedNow, forbids } from '#core/gate/rejections.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { RejectionLift, RejectionRecord } from '#schemas/proposal.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { partitionProblem } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** What a rejection is found under; when any of it changes it is no longer found. `search_set`: of what was seen on one. */
const scopeOf = (scope: { readonly baseline: string; readonly suite: string; readonly search_set?: string }): string =>
  digestOf(scope).slice(7, 23)

/** A rejection with the word that lifted it; null: it holds. */
export interface Remembered {
  readonly record: RejectionRecord
  readonly lift: RejectionLift | null
  /** Key of its row. */
  readonly sk: string
}

/** What is asked now: a rejection holds for the run, or does not. */
export interface MemoryScope extends AskedNow {
  readonly baseline: string
  readonly suite: string
  /** A run's own are left out, so that a rerun gives the same bytes. */
  readonly runId: string
}

/** Rejections that are a dead end for what is asked, ordered by id. Throws UserError where somebody else wrote in memory. */
export async function readRejections(
  store: Pick<Store, 'table' | 'heads'>,
  { baseline, suite, runId, ...asked }: MemoryScope,
): Promise<RejectionRecord[]> {
  const { intent } = asked.target
  const why = await partitionProblem(store.heads, rowKeys.rejections(intent))
  if (why !== null) throw new UserError(why)
  const found: Remembered[] = []
  for (const scope of [
    { baseline, suite },
    { baseline, suite, search_set: asked.searchSet },
  ])
    found.push(...(await remembered(store, intent, `${scopeOf(scope)}#`)))
  return found
    .filter(({ record, lift }) => lift === null && record.run_id !== runId && forbids(record, asked))
    .map(({ record }) => record)
    .sort((a, b) => byCodeUnit(a.rejection_id, b.rejection_id))
}

/** The same for whoever asks no question of a sealed set and is no run: what such a set answered is no dead end for them. */
export const deadEnds = (
  store: Pick<Store, 'table' | 'heads'>,
  { target, replayer, contract: { pack, suite, resolved } }: AskedBy,
  searchSet: string,
): Promise<RejectionRecord[]> =>
  readRejections(store, {
    target: resolved,
    searchSet,
    version: null,
    baseline: baselineDigest({ target, pack, replayer }),
    suite: digestOf(suite),
    runId: '',
  })

/** Who asks so: a target as its contract is answered, and what replays. */
interface AskedBy {
  readonly target: TuningTarget
  readonly replayer: Replayer
  readonly contract: {
    readonly pack: ContextPack
    readonly suite: EvaluatorSuite
    readonly resolved: MemoryScope['target']
  }
}

/** Everything that memory holds of an intent, in the order of its keys, what was lifted among it. */
export async function remembered(store: Pick<Store, 'table'>, intent: string, prefix = ''): Promise<Remembered[]> {
  const records: { sk: string; record: RejectionRecord }[] = []
  const lifts = new Map<string, RejectionLift>()
  for await (const { sk, body } of store.table.query<RejectionRecord | RejectionLift>(
    rowKeys.rejections(intent),
    prefix,
  ))
    if ('lifts' in body) lifts.set(sk, body)
    else records.push({ sk, record: body })
  return records.map(({ sk, record }) => ({ sk, record, lift: lifts.get(rowKeys.lift(intent, sk)[1]) ?? null }))
}

/** Adds rejections; one that is known stays as it is. */
export async function writeRejections(store: Pick<Store, 'table'>, records: readonly RejectionRecord[]): Promise<void> {
  for (const record of records) {
    const { intent, baseline, suite, under } = record
    const scope = scopeOf({ baseline, suite, ...(under?.search_set && { search_set: under.search_set }) })
    if (await isKnown(store, record, scope)) continue
    await store.table.create(...rowKeys.rejection(intent, scope, record.rejection_id), record)
  }
}

/** Does the row of an earlier version say it, under the id of that time? Written anew it would hold again where that one was lifted. */
async function isKnown(store: Pick<Store, 'table'>, record: RejectionRecord, scope: string): Promise<boolean> {
  const { intent, source, patches, suite, baseline, run_id } = record
  if (source !== 'reviewer' && source !== 'rollback') return false
  const key = rowKeys.rejection(intent, scope, digestOf({ patches, suite, baseline }))
  const before = (await store.table.get<RejectionRecord>(...key))?.body
  return before?.source === source && before.run_id === run_id
}
