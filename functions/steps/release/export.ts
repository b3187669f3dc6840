/** What a runtime routes by: the signed artifact of a rollout, checked before it leaves. */
import { digestOf } from '#core/canonical.ts'
import { artifactText, rolloutArtifact } from '#core/release/artifact.ts'
import { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Signer, Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { needRollout } from './rollouts.ts'
import { settle } from './settle.ts'

/** Throws UserError for an artifact that was changed, so that nobody routes by it. */
export async function exportRollout(store: Store, signer: Signer, id: string): Promise<SignedRollout> {
  const item = await needRollout(store, id)
  await settle(store, signer, item)
  const key = keys.promotion(id, item.rollout.revision, 'artifact.json')
  const signed = SignedRollout.safeParse(await orNull(readJson(store.releases, key)))
  if (
    !signed.success ||
    digestOf(signed.data.artifact) !== digestOf(rolloutArtifact(item.rollout)) ||
    !(await signer.holds(artifactText(signed.data.artifact), signed.data.signature.mac))
  )
    throw new UserError(`releases/${key} was changed: "autotune rollout verify ${id}" says what else was`)
  return signed.data
}
