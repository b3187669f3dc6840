/** The signed rollout artifact: the audit truth of who is served what, under which limits, by whose approval. */
import type { Rollout, RolloutArtifact, SignedRollout } from '#schemas/release.ts'
import { canonical, digestOf } from '../canonical.ts'
import { routingOf } from './routing.ts'

/** Keeps a code made for an artifact from being valid for a review link under the same key. */
const PURPOSE = 'contextos-autotune/rollout-artifact/v1'

/** The artifact of a rollout as it stands. Same rollout, same bytes; written anew at every transition. */
export function rolloutArtifact(rollout: Rollout): RolloutArtifact {
  const active = rollout.status === 'running' || rollout.status === 'paused'
  return {
    artifact_version: 1,
    rollout_id: rollout.rollout_id,
    revision: rollout.revision,
    tuning_proposal_id: rollout.tuning_proposal_id,
    review_id: rollout.review_id,
    intent: rollout.intent,
    risk_class: rollout.risk_class,
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

/** The text to sign: purpose and digest, so that an artifact of any size fits KMS's 4,096 bytes. */
export const artifactText = (artifact: RolloutArtifact): string => `${PURPOSE}\n${digestOf(artifact)}`

/** Signs with a synchronous signer that returns base64url. Asynchronous ones sign `artifactText` and build the same value. */
export const signArtifact = (
  artifact: RolloutArtifact,
  key: string,
  sign: (text: string) => string,
): SignedRollout => ({
  artifact,
  signature: { key, mac: sign(artifactText(artifact)) },
})

/** Does the signature cover this artifact? One changed byte anywhere in it, and it does not. */
export const artifactHolds = (signed: SignedRollout, macHolds: (text: string, mac: string) => boolean): boolean =>
  macHolds(artifactText(signed.artifact), signed.signature.mac)

/** The artifact as plain JSON, one canonical line: what is stored and exported. */
export const artifactJson = (signed: SignedRollout): string => `${canonical(signed)}\n`
