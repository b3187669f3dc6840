/** What stands on an intent when its days are judged: runs, reviews and rollouts under way, and what is left to ask. */
import { type AskedQuestion, mostOfNext, questionsLeft, yearBudget } from '#core/cadence/year-budget.ts'
import { DEFAULT_ALPHA } from '#core/contract/resolve.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import type { Bands } from '#schemas/bands.ts'
import type { IntentFacts } from '#schemas/cadence.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { Store } from '../../ports.ts'
import { versionsOf } from '../experience/families.ts'
import { askedQuestions } from '../heldout/year.ts'
import { readInForce } from '../release/in-force.ts'
import { listRollouts } from '../release/rollouts.ts'
import { openLocks } from '../run/lock.ts'
import { openReviews, openRollouts } from '../run/standing.ts'
import { waitingFamilies } from './refresh.ts'

/** Facts of one intent on whichever day, but for what the days before say of its queue. */
interface StandingFacts extends Pick<IntentFacts, 'open' | 'sealed' | 'in_force'> {
  /** Questions to its versions; none where the bands declare no budget. */
  readonly asked: readonly AskedQuestion[]
  /** Most that its next question spends. */
  readonly next: number
}

/** Facts of every intent of some bands, read once for all days that are judged now. */
export async function gatherFacts(store: Store, bands: Bands): Promise<Map<string, StandingFacts>> {
  const rollouts = await listRollouts(store)
  const facts = new Map<string, StandingFacts>()
  for (const { intent } of bands.intents) {
    const now = (await readInForce(store, intent))?.body ?? null
    const own = rollouts.filter(({ rollout }) => rollout.intent === intent)
    const versions = (await versionsOf(store, intent)).map((row) => row.body)
    facts.set(intent, {
      open: await openOn(store, intent, own, now),
      sealed: await leftToAsk(store, intent, versions),
      in_force: now?.release_tuple_id ?? null,
      asked: bands.error_budget_per_year === undefined ? [] : await askedQuestions(store, versions),
      next: mostOfNext(versions, DEFAULT_ALPHA),
    })
  }
  return facts
}

/** What is under way, in the order in which it ends: a run, its review, its rollout. */
async function openOn(
  store: Store,
  intent: string,
  rollouts: readonly RolloutItem[],
  now: Parameters<typeof openRollouts>[1],
): Promise<IntentFacts['open']> {
  const open: IntentFacts['open'] = []
  for await (const lock of openLocks(store))
    if (lock.intent === intent) open.push({ kind: 'open_run', id: lock.run_id })
  for (const { kind, id } of await openReviews(store, rollouts, ({ target }) => target.intent === intent))
    open.push({ kind: kind === 'open review' ? 'open_review' : 'approved_review', id })
  for (const { id } of openRollouts(rollouts, now)) open.push({ kind: 'rollout', id })
  return open
}

/** Questions that standing versions can still answer, and held-out families that are in no version that was asked. */
async function leftToAsk(
  store: Store,
  intent: string,
  versions: readonly LedgerItem[],
): Promise<IntentFacts['sealed']> {
  const questions_left = questionsLeft(versions)
  const isCounted = questions_left === 0 && !store.rolesApart
  return {
    questions_left,
    families_waiting: isCounted ? (await waitingFamilies(store, intent, versions)).waiting.length : null,
  }
}

/** What questions spent in the year that ends on a day, over all intents of the bands; null: they declare no budget. */
export function yearOn(
  day: string,
  { error_budget_per_year: budget }: Pick<Bands, 'error_budget_per_year'>,
  facts: ReadonlyMap<string, StandingFacts>,
): { readonly spent: number; readonly budget: number } | null {
  if (budget === undefined) return null
  let spent = 0
  for (const { asked } of facts.values()) spent += yearBudget(asked, day).spent
  return { spent, budget }
}
