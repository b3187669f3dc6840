/** Reads what a report of a rollout shows: its story as it stood at its last transition, so that no clock is in it. */
import type { RolloutStory } from '#core/release/story.ts'
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

/** A story without what subjects were told apart by: attributes and counts stay, values do not. */
export function withoutValues<S extends RolloutStory>(story: S): S {
  const failures = story.failures.map((failure) => {
    const seen = new Map<string, number>()
    const slices = failure.slices.map((slice) => {
      if (slice.value === null) return slice
      const n = (seen.get(slice.attribute) ?? 0) + 1
      seen.set(slice.attribute, n)
      return { ...slice, value: `value ${n}` }
    })
    return { ...failure, slices }
  })
  return { ...story, failures }
}
