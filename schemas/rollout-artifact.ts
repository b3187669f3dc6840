/** The signed rollout artifact: what is in force, who approved it, and the way back. */
import * as z from 'zod'
import { Digest, Id, Name, RiskClass, Stamp } from './common.ts'
import { ReleaseTuple } from './pack.ts'
import { Approver, DeclaredConfig, ROLLOUT_STATUS, Routing, Stage } from './release.ts'
import { StageCohort } from './stage-config.ts'

/**
 * The rollout artifact: what is in force, who approved it, and the way back. Written anew at every transition. It is
 * the audit truth of a rollout (the article's signed rollout artifact).
 */
export const RolloutArtifact = z.strictObject({
  artifact_version: z.literal(1),
  rollout_id: Id,
  revision: z.int().min(0),
  tuning_proposal_id: Id,
  review_id: Id,
  intent: Id,
  risk_class: RiskClass,
  certification: Stamp.optional(),
  status: z.enum(ROLLOUT_STATUS),
  stage: Stage.nullable(),
  cohort: StageCohort.nullable(),
  thresholds: DeclaredConfig,
  approver: z.array(Approver).min(1),
  candidate: ReleaseTuple,
  rollback_target: ReleaseTuple,
  routing: Routing,
  record: Digest.meta({ description: 'Of the last promotion record: the artifact hangs on the chain.' }),
})
export type RolloutArtifact = z.infer<typeof RolloutArtifact>

/**
 * An artifact under its code. `mac` is an HMAC-SHA-256 in base64url over the purpose and the digest of the artifact,
 * which covers every byte of it; in AWS KMS makes it, so that nobody holds the key.
 */
export const SignedRollout = z.strictObject({
  artifact: RolloutArtifact,
  signature: z.strictObject({
    key: Name.meta({ description: 'Name of the signing key, never its bytes.' }),
    mac: z.string().min(16).max(1024),
  }),
})
export type SignedRollout = z.infer<typeof SignedRollout>
