/** Reads what a report of a rollout shows: its story as it stood at its last transition, so that no clock is in it. */
import { ID_PATTERN, isSafeId } from '#schemas/patterns.ts'
import type { Store } from '../../ports.ts'
import { readRollout } from '../release/rollouts.ts'
import { type ToldStory, tellRollout } from '../release/story.ts'

/** The story of a rollout; null: there is none of this id. Writes nothing. */
export async function readRolloutReport(store: Store, id: string): Promise<ToldStory | null> {
  if (!ID_PATTERN.test(id) || !isSafeId(id)) return null
  const item = await readRollout(store, id)
  if (item === null) return null
  const at = item.rollout.records.at(-1)!.at
  return await tellRollout({ ...store, clock: { now: () => at } }, id)
}
