/** Attacks on copies of a run's configuration, on the way into production: past people, further than said, without a way back. */
import type { Review } from '#schemas/review.ts'
import { TuningTarget } from '#schemas/target.ts'
import { resolveTarget } from '../contract/resolve.ts'
import type { Defences } from './defences.ts'
import type { DoneFacts, RunFacts } from './facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from './probe.ts'

/** Unsafe auto-promotion: past the stages, by the owner alone, and without an approval. */
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

const OTHER = 'another.intent'

/** Hidden blast radius: more fields than may change at once, a change that turns every decision, and one of another intent's fields. */
export function radius({ run: facts, count }: DoneFacts, { boundedChange, radiusBlock }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { pack } = run
  const target = resolveTarget(run.target)
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const reach = { fields: 1, b_config: 0, b_context: 1, b_decision: 0, negative_flip_rate: 0, reachable_intents: 1 }
  const elsewhere = pack.tunable_surfaces.map((surface): Attempt => {
    const copy = { ...pack, tunable_surfaces: [{ ...surface, intents: [OTHER] }] }
    const patch = { [surface.path]: pack.settings[surface.path]! }
    const answer = boundedChange({ patch }, copy, target.intent, paths, count)
    return {
      tried: `a change of ${surface.path} where it is open to ${OTHER} alone`,
      stopped: 'problems' in answer ? (answer.problems.find((line) => line.includes(OTHER)) ?? null) : null,
    }
  })
  return {
    ...judged([
      { tried: 'a change that turns every decision', stopped: radiusBlock({ ...reach, b_decision: 1 }, target) },
      {
        tried: `a change of ${target.max_fields + 1} fields at once`,
        stopped: radiusBlock({ ...reach, fields: target.max_fields + 1 }, target),
      },
      ...elsewhere,
    ]),
    evidence: [files['target.json']!],
    repair: 'lower blast_radius.max_decision of the target: 1 lets a change turn every decision',
  }
}

/** Rollback theatre: the rollout that stands, started again with a way back that does not hold. */
export function theatre({ run: facts, review, rollout: found }: DoneFacts, { startRollout }: Defences): Attack {
  if (!facts) return noConfiguration
  if (!found || !review)
    return {
      answer: null,
      reason: 'no rollout was started, so no way back is pinned that could be attacked',
      evidence: [],
      repair: 'review the proposal and start its rollout: the tuple to go back to is replayed before the first stage',
    }
  const { rollout, artifact, recomputed } = found
  const { rollback_replay: replay, candidate } = rollout
  const copies = [
    ['a way back that reproduces all cases but one', { rollback_replay: { ...replay, reproduced: replay.cases - 1 } }],
    ['a way back that was replayed on no case', { rollback_replay: { ...replay, cases: 0, reproduced: 0 } }],
    ['a way back to another tuple than was replayed', { rollback_replay: { ...replay, release_tuple_id: 'other' } }],
    ['a candidate that names no tuple before it', { candidate: { ...candidate, prior_release_tuple_id: null } }],
  ] as const
  const attempts = copies.map(([tried, over]): Attempt => {
    const started = startRollout({ ...rollout, review, at: rollout.entered_at, ...over })
    return { tried, stopped: 'refused' in started ? (started.refused[0] ?? null) : null }
  })
  return {
    ...(recomputed.holds === false
      ? { answer: 'no' as const, reason: `the way back that is pinned does not hold: ${recomputed.why.join('; ')}` }
      : judged(attempts)),
    evidence: [artifact],
    repair: `autotune rollout verify ${rollout.rollout_id} names what is missing of the way back: restore it`,
  }
}
