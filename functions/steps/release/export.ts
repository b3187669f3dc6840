/** What a runtime routes by: which rollout to follow, and its signed artifact, checked before it leaves. */
import { byCodeUnit, digestOf } from '#core/canonical.ts'
import { artifactText, rolloutArtifact } from '#core/release/artifact.ts'
import { SignedRollout } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Signer } from '../../ports.ts'
import { orNull } from '../review.ts'
import { readJson, type Store } from '../store.ts'
import { readInForce } from './in-force.ts'
import { isBack, listRollouts, needRollout, type RolloutItem, readRollout } from './item.ts'
import { settle } from './settle.ts'

/**
 * The rollout that routes an intent now: the one on its way, or else the one that put the tuple in force there, by its
 * release or by going back to it. A runtime that followed another one would serve a tuple that is no longer in force.
 */
export async function followedRollout(store: Pick<Store, 'table'>, intent: string): Promise<RolloutItem | null> {
  const now = (await readInForce(store, intent))?.body
  if (!now) return null
  const open = now.rollout_id === null ? null : await readRollout(store, now.rollout_id)
  if (open) return open
  const own = (await listRollouts(store)).filter(({ rollout }) => rollout.intent === intent)
  const since = ({ rollout }: RolloutItem): string => rollout.records.at(-1)!.at
  return (
    own.find(
      ({ rollout: { status, candidate } }) => !isBack(status) && candidate.release_tuple_id === now.release_tuple_id,
    ) ??
    own
      .filter(
        ({ rollout: { status, baseline } }) => isBack(status) && baseline.release_tuple_id === now.release_tuple_id,
      )
      .sort((a, b) => byCodeUnit(since(a), since(b)))
      .at(-1) ??
    null
  )
}

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
