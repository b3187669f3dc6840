/** Unsafe auto-promotion: past the stages, by the owner alone, and without an approval. */
import type { Review } from '#schemas/review.ts'
import { TuningTarget } from '#schemas/target.ts'
import type { DoneFacts, RunFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

export function promotion({ run: facts, review, rollout }: DoneFacts, defences: Defences): Attack {
  if (!facts) return noConfiguration
  const { files } = facts
  const approved = rollout === null || review?.status === 'approved'
  return {
    ...(approved
      ? judged([
          pastTheStages(facts),
          ...byItsOwner(facts, defences),
          ...withoutApproval({ review, rollout }, defences),
        ])
      : {
          answer: 'no' as const,
          reason: `rollout ${rollout.rollout.rollout_id} stands, and its review is ${review?.status ?? 'not there'}`,
        }),
    evidence: [files['target.json']!, ...(rollout ? [rollout.artifact] : [])],
    repair: 'stop the rollout, and have the proposal reviewed by people who are not its owner',
  }
}

/** A target whose proposals would enter at the last stage. */
function pastTheStages({ run: { target } }: RunFacts): Attempt {
  const jumped = { ...target, release_path: { ...target.release_path, rollout_stage: '100%' } }
  const read = TuningTarget.safeParse(jumped)
  return {
    tried: 'a target whose proposals enter at 100%',
    stopped: read.success
      ? null
      : `the contract takes no other entry than 0%_shadow (${read.error.issues[0]!.path.join('.')})`,
  }
}

function byItsOwner({ proposal }: RunFacts, { openReview }: Defences): Attempt[] {
  if (proposal === null) return []
  const roles = proposal.release_path.requires_reviewers
  const seats = roles.map((role, i) => ({
    role,
    reviewer: i === 0 ? proposal.owner : `person${i}`,
    nonce: String(i).padStart(32, '0'),
  }))
  const opened = openReview({
    review_id: 'rv_attempt_1',
    proposal,
    shown_digest: `sha256:${'0'.repeat(64)}`,
    seats,
    opened_at: '2000-01-01T00:00:00.000Z',
    expires_at: '2000-01-02T00:00:00.000Z',
  })
  return [
    {
      tried: `a review in which ${proposal.owner}, the owner, decides`,
      stopped: 'problems' in opened ? (opened.problems[0] ?? null) : null,
    },
  ]
}

/** The rollout that stands, started again on copies of its review that nobody approved. */
function withoutApproval(
  { review, rollout }: Pick<DoneFacts, 'review' | 'rollout'>,
  { startRollout }: Defences,
): Attempt[] {
  if (!review || !rollout) return []
  const { rollout: stood } = rollout
  const copies: readonly (readonly [which: string, copy: Review])[] = [
    ['nobody decided', { ...review, decisions: [], status: 'open' }],
    ['nobody decided, and that says approved', { ...review, decisions: [] }],
  ]
  return copies.map(([which, copy]): Attempt => {
    const started = startRollout({ ...stood, review: copy, at: stood.entered_at })
    return {
      tried: `a rollout on a review in which ${which}`,
      stopped: 'refused' in started ? (started.refused[0] ?? null) : null,
    }
  })
}
