/** Opens the review of a certified run, or of a part that another producer proposes, or finds the one that is open: the baseline is replayed, the page is pinned. */
import { randomBytes } from 'node:crypto'
import { isPart } from '#core/review/any-proposal.ts'
import { samePerson } from '#schemas/person.ts'
import { OpenReviewInput, type ReviewState, RunOutput } from '#schemas/review-desk.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { reviewState } from '../lambda/workflow-state.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import type { Store } from '../ports.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { baselineOnly } from '../steps/replay/reproduce.ts'
import { openRunReview, proposalOf } from '../steps/review/opening.ts'
import { latestReview } from '../steps/review/reviews.ts'

export const openReviewFunction: OpenStep<OpenReviewInput, ReviewState, StoreWorld> = {
  name: 'open-review',
  input: OpenReviewInput,
  about: () => ({}),
  async work({ request, roles, expires_hours }, world) {
    const { store } = world
    const verdicts = verdictsOf(world, 'wholeSet')
    const ended =
      'run_id' in request
        ? { run_id: request.run_id, verdict: 'certified' }
        : parseAs(RunOutput, JSON.parse(request.detail.output), 'output of the tuning workflow')
    if (ended.verdict !== 'certified')
      return { review_id: null, run_id: ended.run_id, rollout: '', status: 'none', seconds: 1 }
    const item = await openRunReview({ ...store, verdicts }, baselineOnly({ verdicts }), {
      runId: ended.run_id,
      seats: await seatsFor(store, ended.run_id, roles),
      expiresHours: expires_hours,
      nonce: () => randomBytes(16).toString('hex'),
    })
    return reviewState(item, store.clock.now())
  },
}

/** Everybody who is named for a role that the proposal requires, but its owner and whoever made it. Nobody, while a review is open: it stays. */
async function seatsFor(store: Store, runId: string, roles: OpenReviewInput['roles']) {
  const latest = (await latestReview(store, runId))?.review
  if (latest && latest.status !== 'expired' && store.clock.now() < latest.expires_at) return []
  const { proposal } = await proposalOf(store, runId)
  const made = isPart(proposal) ? [proposal.owner, proposal.producer] : [proposal.owner]
  return proposal.release_path.requires_reviewers.flatMap((role) =>
    (roles[role] ?? [])
      .filter((reviewer) => !made.some((id) => samePerson(reviewer, id)))
      .map((reviewer) => ({ role, reviewer })),
  )
}

export const handler = handlerOver(openReviewFunction, () => openStoreWorld(process.env, signed))
