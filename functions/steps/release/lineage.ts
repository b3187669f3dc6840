/** Why a pack version exists: from its row to proposal, review, rollout and the tuple before it. Nothing is scanned. */

import { proposalStatus } from '#core/proposal/proposal.ts'
import type { AnyProposal } from '#core/review/any-proposal.ts'
import type { PartProposal } from '#schemas/part-proposal.ts'
import { isPartId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { partAt, partIds, readPart } from '../review/part-proposals.ts'
import { latestReview, readReview } from '../review/reviews.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import type { VersionOrigin } from './pack-versions.ts'
import { readRollout, rolloutId } from './rollouts.ts'

export interface Lineage {
  readonly pack: string
  /** null: it was imported, no proposal made it. */
  readonly origin: VersionOrigin | null
  readonly proposal: AnyProposal | null
  readonly status: TuningProposal['status'] | null
  readonly review: Review | null
  readonly rollout: Rollout | null
}

/** Throws UserError for a version that nobody published or reserved. */
export async function explainVersion(store: Store, ref: string): Promise<Lineage> {
  const origin = (await store.table.get<VersionOrigin>(...rowKeys.packVersion(ref)))?.body ?? null
  if (!origin) {
    if ((await store.objects.get(keys.pack(ref))) === null) throw new UserError(`no pack ${ref} in this store`)
    return { pack: ref, origin, proposal: null, status: null, review: null, rollout: null }
  }
  const review = (await readReview(store, origin.review_id))?.review ?? null
  const rollout = (await readRollout(store, origin.rollout_id))?.rollout ?? null
  const proposal = isPartId(origin.run_id)
    ? await partAt(store, origin.run_id, review?.proposal_digest ?? '')
    : await orNull(readJson<TuningProposal>(store.objects, keys.autotuneRun(origin.run_id, 'selected-proposal.json')))
  return { pack: ref, origin, proposal, status: proposalStatus(review, rollout), review, rollout }
}

/** A filed proposal with where it stands. */
export interface FiledPart {
  readonly proposal: PartProposal
  readonly status: TuningProposal['status']
}

/** Filed proposals; of one version, those that would bring it. What was changed since stands apart, with what that means. */
export async function listedParts(
  store: Store,
  ref: string | null = null,
): Promise<{ readonly parts: FiledPart[]; readonly damaged: { readonly id: string; readonly why: UserError }[] }> {
  const parts: FiledPart[] = []
  const damaged: { id: string; why: UserError }[] = []
  for (const id of await partIds(store)) {
    const proposal = await readPart(store, id).catch((error) => {
      if (!(error instanceof UserError)) throw error
      damaged.push({ id, why: error })
      return null
    })
    if (!proposal || (ref !== null && (proposal.change.part === 'pack' || proposal.change.to !== ref))) continue
    parts.push({ proposal, status: await statusOfProposal(store, id) })
  }
  return { parts, damaged }
}

/** All of them, for whoever counts them. Throws UserError where one was changed since it was filed. */
export async function filedParts(store: Store): Promise<FiledPart[]> {
  const { parts, damaged } = await listedParts(store)
  if (damaged.length > 0) throw damaged[0]!.why
  return parts
}

/** Where the proposal of a run, or a filed one, stands. */
export async function statusOfProposal(store: Store, runId: string): Promise<TuningProposal['status']> {
  const review = (await latestReview(store, runId))?.review ?? null
  return proposalStatus(review, (await readRollout(store, rolloutId(runId)))?.rollout ?? null)
}
