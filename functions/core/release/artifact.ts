/** The signed rollout artifact: the audit truth of who is served what, under which limits, by whose approval. */
import type { Rollout } from '#schemas/release.ts'
import type { RolloutArtifact, SignedRollout } from '#schemas/rollout-artifact.ts'
import { canonical, digestOf } from '../canonical.ts'
import { routingOf } from './routing.ts'
import { isActive } from './status.ts'

/** Keeps a code made for an artifact from being valid for a review link under the same key. */
const PURPOSE = 'contextos-autotune/rollout-artifact/v1'

/** The artifact of a rollout as it stands. Same rollout, same bytes; written anew at every transition. */
export function rolloutArtifact(rollout: Rollout): RolloutArtifact {
  const active = isActive(rollout.status)
  return {
    artifact_version: 1,
    rollout_id: rollout.rollout_id,
    revision: rollout.revision,
    tuning_proposal_id: rollout.tuning_proposal_id,
    review_id: rollout.review_id,
    intent: rollout.intent,
    risk_class: rollout.risk_class,
    ...(rollout.certification && { certification: rollout.certification }),
    status: rollout.status,
    stage: active ? rollout.stage : null,
    cohort: active ? rollout.config.stages[rollout.stage].cohort : null,
    thresholds: rollout.config,
    approver: rollout.approver,
    candidate: rollout.candidate,
    rollback_target: rollout.baseline,
    routing: routingOf(rollout),
    record: digestOf(rollout.records.at(-1)),
  }
}

/**
 * The text to sign: purpose and digest, so that an artifact of any size fits KMS's 4,096 bytes. A signature over it covers
 * every byte of the artifact.
 */
export const artifactText = (artifact: RolloutArtifact): string => `${PURPOSE}\n${digestOf(artifact)}`

/** The artifact as plain JSON, one canonical line: what is stored and exported. */
export const artifactJson = (signed: SignedRollout): string => `${canonical(signed)}\n`
