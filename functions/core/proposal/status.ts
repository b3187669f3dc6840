/** Where a proposal stands: derived from its review and its rollout, never stored, so that it cannot disagree with them. */
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'

type Status = TuningProposal['status']

const AFTER_START = {
  running: 'approved',
  paused: 'approved',
  released: 'released',
  kept: 'released',
  rolled_back: 'rolled_back',
  stopped: 'rolled_back',
  superseded: 'superseded',
  retired: 'retired',
} as const satisfies Record<Rollout['status'], Status>

/** Status of a proposal; the rollout, where there is one, says more than the review. */
export function proposalStatus(review: Review | null, rollout: Rollout | null): Status {
  if (rollout) return AFTER_START[rollout.status]
  if (!review) return 'proposed'
  return review.status === 'open' ? 'in_review' : review.status
}
