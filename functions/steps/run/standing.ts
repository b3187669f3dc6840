/** Gathers what stands in the way of a run: the tuple in force, reviews and rollouts under way, and the records. */
import { DEFAULT_ALPHA } from '#core/contract/resolve.ts'
import type { Standing } from '#core/contract/standing.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import { isActive } from '#core/release/status.ts'
import { tupleId } from '#core/release/tuple.ts'
import { tableOf } from '#core/space/scope.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { correctionProblems } from '../experience/corrections.ts'
import { fixedSplit } from '../experience/split-rule.ts'
import { compareRecords } from '../experience/stored-records.ts'
import { headProblems } from '../heads/check.ts'
import { yearProblem } from '../heldout/year.ts'
import { rowKeys } from '../store/ledger-keys.ts'

const NOTHING: Standing = { in_force: null, open: [], released: [], records: [] }

export type StandingStore = Pick<Store, 'objects' | 'table' | 'clock'>

/**
 * What stands for a target, as far as it says what it is about. Writes nothing.
 * @param records what whoever may look at both sides found wrong with them
 */
export async function gatherStanding(
  store: StandingStore,
  target: TuningTarget,
  records: Standing['records'] = [],
): Promise<Standing> {
  const { intent, baseline_tuple: refs } = target
  if (!intent || !refs) return NOTHING
  const baseline = tupleId(intent, refs)
  const rollouts = await rolloutsOf(store, intent)
  const now = (await store.table.get<InForce>(...rowKeys.inForce(intent)))?.body ?? null
  return {
    in_force:
      now === null || now.release_tuple_id === baseline
        ? null
        : { release_tuple_id: now.release_tuple_id, pack: packOf(rollouts, now.release_tuple_id) },
    open: [...openRollouts(rollouts, now), ...(await openReviews(store, rollouts, startsFrom(baseline)))],
    released: await releasedSettings(store, rollouts),
    records,
  }
}

/**
 * The same with what is wrong with the records, the share and the journal of heads, where one may look at all of them.
 * @param whole also looks into every file of the search side, which takes as long as compiling it
 */
export async function whatStands(
  store: Store,
  target: TuningTarget,
  { whole }: { readonly whole: boolean },
): Promise<Standing> {
  const { intent } = target
  if (!intent) return NOTHING
  return await gatherStanding(store, target, [
    ...recordProblems(intent, await compareRecords(store, intent, { whole })),
    ...(store.rolesApart ? [] : await correctionProblems(store)),
    ...(store.rolesApart ? [] : await shareProblems(store, target)),
    ...(store.rolesApart ? [] : await yearProblems(store, target)),
    ...(await headProblems(store)),
  ])
}

/** Is there room in the year for what the next question may spend? A line for people where there is none. */
export async function yearProblems(
  store: Pick<Store, 'objects' | 'table' | 'clock' | 'yearBudget'>,
  { intent, scoring }: TuningTarget,
): Promise<string[]> {
  const spent = intent ? await yearProblem(store, intent, scoring?.alpha ?? DEFAULT_ALPHA) : null
  return spent === null ? [] : [spent]
}

/** Does a target speak of the share that this store seals away? A line for the owner; a recorded split has no share. */
async function shareProblems(store: Pick<Store, 'table'>, { visible_data }: TuningTarget): Promise<string[]> {
  const rule = await fixedSplit(store)
  const said = visible_data?.heldout_share
  return said === undefined || rule === null || rule.by === 'recorded' || rule.heldout_share === said
    ? []
    : [
        `visible_data.heldout_share is ${said}, and this store seals away ${rule.heldout_share}: families never move, so declare ${rule.heldout_share}`,
      ]
}

/** The row of an intent's release, as far as it is read here. */
interface InForce {
  readonly release_tuple_id: string
  readonly rollout_id: string | null
}

const rolloutsOf = async ({ table }: Pick<Store, 'table'>, intent: string): Promise<RolloutItem[]> =>
  (await Array.fromAsync(table.query<RolloutItem>(rowKeys.rollouts())))
    .map((row) => row.body)
    .filter(({ rollout }) => rollout.intent === intent)

/** Pack of a tuple that some rollout brought or replaced. */
function packOf(rollouts: readonly RolloutItem[], id: string): string | null {
  const tuples = rollouts.flatMap(({ rollout }) => [rollout.candidate, rollout.baseline])
  return tuples.find((t) => t.release_tuple_id === id)?.refs.pack ?? null
}

/** Rollouts of an intent that are on their way, or whose place is taken. */
export function openRollouts(rollouts: readonly RolloutItem[], now: InForce | null): Standing['open'][number][] {
  const open = rollouts
    .filter(({ rollout }) => isActive(rollout.status))
    .map(({ run_id, rollout }) => ({ kind: 'rollout' as const, id: rollout.rollout_id, run: run_id }))
  const starting = now?.rollout_id ?? null
  // The place is taken before the rollout stands: a start that was killed in between.
  if (starting !== null && !rollouts.some(({ rollout }) => rollout.rollout_id === starting))
    open.push({ kind: 'rollout', id: starting, run: starting.replace(/^ro_/, '') })
  return open
}

/** What a proposal was made for, whoever made it. */
type About = Pick<AutotuneRun, 'target'>

/** Is a run about a proposal for this tuple? */
const startsFrom =
  (baseline: string) =>
  ({ target: { intent, baseline_tuple: refs } }: About): boolean =>
    refs !== undefined && tupleId(intent!, refs) === baseline

/** Reviews of the proposals of some runs that no rollout has taken up. */
export async function openReviews(
  store: StandingStore,
  rollouts: readonly RolloutItem[],
  isAbout: (run: About) => boolean,
): Promise<Standing['open'][number][]> {
  const taken = new Set(rollouts.map(({ run_id }) => run_id))
  const open: Standing['open'][number][] = []
  for await (const { body } of store.table.query<{ run_id: string; review: Review; target?: About['target'] }>(
    'review',
  )) {
    const { run_id, review, target } = body
    const waits = review.status === 'open' && review.expires_at > store.clock.now()
    if ((!waits && review.status !== 'approved') || taken.has(run_id)) continue
    const about = target
      ? { target }
      : await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(run_id, 'target.json')))
    if (!about || !isAbout(about)) continue
    open.push({ kind: waits ? 'open review' : 'approved review', id: review.review_id, run: run_id })
  }
  return open
}

/** Settings of the packs that were released for an intent, by the rollout that brought them. */
export const releasedFor = async (
  store: Pick<Store, 'objects' | 'table'>,
  intent: string,
): Promise<Standing['released'][number][]> => releasedSettings(store, await rolloutsOf(store, intent))

async function releasedSettings(
  store: Pick<Store, 'objects'>,
  rollouts: readonly RolloutItem[],
): Promise<Standing['released'][number][]> {
  const released: Standing['released'][number][] = []
  for (const { rollout } of rollouts) {
    if (rollout.status !== 'released' && rollout.status !== 'kept') continue
    const pack = await readJson<ContextPack>(store.objects, keys.pack(rollout.candidate.refs.pack))
    if (pack) released.push({ rollout: rollout.rollout_id, pack: pack.pack, settings: tableOf(pack) })
  }
  return released
}
