/** What stands on an intent when its day is judged: runs, reviews and rollouts under way, and what is left to ask. */
import { nextLevel, yearBudget } from '#core/cadence/year-budget.ts'
import { DEFAULT_ALPHA } from '#core/contract/resolve.ts'
import { isActive } from '#core/release/status.ts'
import type { Bands } from '#schemas/bands.ts'
import type { IntentFacts } from '#schemas/cadence.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { familiesOf, versionsOf } from '../experience/families.ts'
import { recordedFamilies } from '../experience/run-index.ts'
import { readInForce } from '../release/in-force.ts'
import { listRollouts } from '../release/rollouts.ts'
import { listReviews } from '../review/reviews.ts'
import { openLocks } from '../run/lock.ts'
import { askedOf } from './quarter-records.ts'

/** Facts of one intent, but for what the days before say of its queue. */
export async function gatherFacts(
  store: Store,
  intent: string,
  year: YearSpent | null,
): Promise<Pick<IntentFacts, 'open' | 'sealed' | 'in_force' | 'year'>> {
  const now = (await readInForce(store, intent))?.body ?? null
  return {
    open: await openOn(store, intent, now?.rollout_id ?? null),
    sealed: await leftToAsk(store, intent),
    in_force: now?.release_tuple_id ?? null,
    year: year && { ...year, next: await levelOfNext(store, intent) },
  }
}

/** What is under way, in the order in which it ends: a run, its review, its rollout. */
async function openOn(store: Store, intent: string, starting: string | null): Promise<IntentFacts['open']> {
  const open: IntentFacts['open'] = []
  for await (const lock of openLocks(store))
    if (lock.intent === intent) open.push({ kind: 'open_run', id: lock.run_id })
  const rollouts = (await listRollouts(store)).filter(({ rollout }) => rollout.intent === intent)
  const taken = new Set(rollouts.map(({ run_id }) => run_id))
  for (const { run_id, review } of await listReviews(store)) {
    const waits = review.status === 'open' && review.expires_at > store.clock.now()
    if ((!waits && review.status !== 'approved') || taken.has(run_id)) continue
    const run = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(run_id, 'target.json')))
    if (run?.target.intent === intent)
      open.push({ kind: waits ? 'open_review' : 'approved_review', id: review.review_id })
  }
  const active = rollouts.filter(({ rollout }) => isActive(rollout.status)).map(({ rollout }) => rollout.rollout_id)
  // The place is taken before the rollout stands: a start that was killed in between.
  for (const id of new Set([...active, ...(starting === null ? [] : [starting])])) open.push({ kind: 'rollout', id })
  return open
}

/** Questions that standing versions can still answer, and held-out families that are in no version that was asked. */
async function leftToAsk(store: Store, intent: string): Promise<IntentFacts['sealed']> {
  const versions = (await versionsOf(store, intent)).map((row) => row.body)
  const questions_left = versions
    .filter(({ retired }) => retired === null)
    .reduce((sum, { questions, used }) => sum + questions - used, 0)
  if (questions_left > 0 || store.rolesApart) return { questions_left, families_waiting: null }
  const asked = new Set(
    await Array.fromAsync(
      familiesOf(
        store,
        intent,
        versions.filter(({ used }) => used > 0),
      ),
    ),
  )
  const waiting = new Set<string>()
  for await (const { family } of recordedFamilies(store.vault, intent)) if (!asked.has(family)) waiting.add(family)
  return { questions_left, families_waiting: waiting.size }
}

/** What questions spent in a year, of what is declared. */
export interface YearSpent {
  readonly spent: number
  readonly budget: number
}

/** The year that ends on a day, over all intents of the bands; null: they declare no budget. */
export async function yearSpent(store: Store, bands: Bands, day: string): Promise<YearSpent | null> {
  const budget = bands.error_budget_per_year
  if (budget === undefined) return null
  let spent = 0
  for (const { intent } of bands.intents) spent += yearBudget(await askedOf(store, intent), day).spent
  return { spent, budget }
}

const levelOfNext = async (store: Store, intent: string): Promise<number> =>
  nextLevel(
    (await versionsOf(store, intent)).map((row) => row.body),
    DEFAULT_ALPHA,
  )
