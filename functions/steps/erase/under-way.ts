/** What still works with recorded runs, or decides on what was computed from them: nothing is erased under its hands. */
import { isActive } from '#core/release/status.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { listInForce } from '../release/in-force.ts'
import { listRollouts } from '../release/rollouts.ts'
import { listReviews } from '../review/reviews.ts'
import type { UnfinishedRun } from '../run/unfinished.ts'

/**
 * Throws UserError while a run, a review or a rollout is under way.
 * @param runs of the loop that are under way or were interrupted
 */
export async function needIdle(store: Store, runs: readonly UnfinishedRun[]): Promise<void> {
  for (const { run, status, go_on, give_up } of runs)
    throw new UserError(
      status === 'running'
        ? `run ${run} is under way and reads what is to be erased: erase when it has ended`
        : `run ${run} was interrupted and still needs its cases: finish it (${go_on}) or give it up (${give_up}), and erase then`,
    )
  for (const { review } of await listReviews(store))
    if (review.status === 'open' && review.expires_at > store.clock.now())
      throw new UserError(
        `review ${review.review_id} is open until ${review.expires_at}, and its people decide on what they see: have it decided, or wait until it has ended, and erase then`,
      )
  const taken = (await listInForce(store)).flatMap(({ rollout_id }) => rollout_id ?? [])
  const active = (await listRollouts(store)).filter(({ rollout }) => isActive(rollout.status))
  for (const id of [...taken, ...active.map(({ rollout }) => rollout.rollout_id)])
    throw new UserError(
      `rollout ${id} is under way: erase when it has ended, or end it with "autotune rollout stop ${id}"`,
    )
}
