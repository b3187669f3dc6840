/**
 * What follows from a rollout's item: promotion record, routing and signed artifact of its revision, the tuple in force,
 * rejection memory. All of it is derived from the item and written again without effect, so that whoever comes next
 * repairs what a process left that died between the item and this.
 */
import { canonical, digestOf } from '#core/canonical.ts'
import { claimsOf, promotionKey } from '#core/heads/claims.ts'
import { artifactJson, artifactText, rolloutArtifact } from '#core/release/artifact.ts'
import { rolloutAt } from '#core/release/record-chain.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import { routingOf } from '#core/release/routing.ts'
import { isActive, isBack } from '#core/release/status.ts'
import { rejectionOfRollback } from '#core/review/records.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys, type PromotionFile } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Signer, Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { needOurs } from '../heads/ours.ts'
import { readReview } from '../review/reviews.ts'
import { writeRejections } from '../run/memory.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { keepInForce } from './in-force.ts'
import { followedRollout, needRollout } from './rollouts.ts'

export async function settle(store: Store, signer: Signer, item: RolloutItem): Promise<void> {
  if (store.heads) await needOurs(store.heads, ...rowKeys.rollout(item.rollout.rollout_id))
  await keepInForce(store, item.rollout)
  // Two ways to the runtime: neither waits for the other to work, and both before memory, which may be damaged.
  const ways = [
    () => publishRevisions(store, signer, item.rollout),
    () => publishRouting(store, item.rollout),
    () => rememberRollback(store, item),
  ]
  const failed: unknown[] = []
  for (const way of ways) await way().catch((error: unknown) => failed.push(error))
  if (failed.length > 0) throw failed[0]
}

/** Publishes what routes the intent now, until nobody has moved it meanwhile: the last to publish has read the latest. */
async function publishRouting(store: Store, { intent, rollout_id }: Rollout): Promise<void> {
  if (!store.routing) return
  for (let done = ''; ; ) {
    const followed = (await followedRollout(store, intent))?.rollout
    if (!followed) return
    const routing = routingOf(followed)
    if (digestOf(routing) === done) return
    const { status } = (await needRollout(store, rollout_id)).rollout
    const forward = isActive(followed.status)
    await store.routing.publish(routing, isBack(followed.status) || (isBack(status) && !forward))
    done = digestOf(routing)
  }
}

/** Every revision whose artifact is not there yet, oldest first: where one stands, all before it do. */
async function publishRevisions(store: Store, signer: Signer, rollout: Rollout): Promise<void> {
  let published = rollout.revision
  while (published >= 0 && !(await isPublished(store.releases, rollout, published))) published--
  if (published === rollout.revision) return
  await needSignable(store, rollout, published)
  for (let revision = published + 1; revision <= rollout.revision; revision++)
    await publishRevision(store, signer, rolloutAt(rollout, revision))
}

/**
 * What was signed once is never signed again: an artifact that is gone was removed.
 * @param published last revision whose artifact is there
 */
async function needSignable({ heads, releases }: Store, rollout: Rollout, published: number): Promise<void> {
  if (!heads) return
  const { rollout_id, revision } = rollout
  const claims = claimsOf((await heads.journal.read()).lines)
  for (let r = published + 1; r <= revision; r++)
    if (claims.promotions.has(promotionKey(rollout_id, r)) && !(await isPublished(releases, rollout, r)))
      throw new UserError(
        `the signed artifact of rollout ${rollout_id}, revision ${r}, was removed: it is not signed again. Restore ${keys.promotion(rollout_id, r, 'artifact.json')} from a copy`,
      )
}

const isPublished = async (releases: ObjectStore, { rollout_id }: Rollout, revision: number): Promise<boolean> =>
  (await releases.get(keys.promotion(rollout_id, revision, 'artifact.json'))) !== null

/** Objects of a revision, each written once. The artifact comes last, and its signature after what needs none. */
async function publishRevision({ releases, heads }: Store, signer: Signer, rollout: Rollout): Promise<void> {
  const key = (file: PromotionFile) => keys.promotion(rollout.rollout_id, rollout.revision, file)
  const artifact = rolloutArtifact(rollout)
  await releases.putIfAbsent(key('record.json'), `${canonical(rollout.records.at(-1))}\n`)
  await releases.putIfAbsent(key('routing.json'), `${canonical(artifact.routing)}\n`)
  const mac = await signer.sign(artifactText(artifact))
  const signed = { artifact, signature: { key: signer.key, mac } }
  await releases.putIfAbsent(key('artifact.json'), artifactJson(signed))
  const { rollout_id, revision } = rollout
  await heads?.journal.append({ kind: 'promotion', rollout: rollout_id, revision, digest: digestOf(signed) })
}

/** What production or a person took back is not proposed again while baseline and suite stay. */
async function rememberRollback(store: Store, { run_id, rollout }: RolloutItem): Promise<void> {
  if (!isBack(rollout.status) || rollout.certification) return
  const read = <T>(file: 'selected-proposal.json' | 'target.json') =>
    orNull(readJson<T>(store.objects, keys.autotuneRun(run_id, file)))
  const proposal = await read<TuningProposal>('selected-proposal.json')
  const run = await read<AutotuneRun>('target.json')
  const review = (await readReview(store, rollout.review_id))?.review
  // Files that changed since the review teach nothing.
  if (!proposal || !run || digestOf(proposal) !== review?.proposal_digest) return
  const { verdict, from_stage, reasons } = rollout.records.at(-1)!
  const where = from_stage ?? 'the window'
  const reason = `${verdict} in ${where}: ${reasons.map((r) => `${r.rule}: ${r.note}`).join('; ')}`
  await writeRejections(store, [rejectionOfRollback(proposal, run, reason)])
}
