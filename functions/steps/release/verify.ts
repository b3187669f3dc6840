/** Recomputes what a rollout left: chain, signatures, routing, tuples, pack, log. Names every object that differs. */
import { canonical, digestOf } from '#core/canonical.ts'
import { artifactText, rolloutArtifact } from '#core/release/artifact.ts'
import { releasedPack } from '#core/release/pack-version.ts'
import { partTuple, withoutSurfaces } from '#core/release/part-proposal.ts'
import { chainProblems, rolloutAt } from '#core/release/record-chain.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import { tupleId } from '#core/release/tuple.ts'
import { type AnyProposal, isPart, partInWords, stampOf } from '#core/review/any-proposal.ts'
import { reviewProblems } from '#core/review/review.ts'
import { patchedPack } from '#core/space/scope.ts'
import { KEPT_DOCUMENTS } from '#schemas/kept-documents.ts'
import type { ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import { isPartId } from '#schemas/patterns.ts'
import { Rollout } from '#schemas/release.ts'
import { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys, PROMOTION_FILES } from '#schemas/s3-keys.ts'
import type { Signer, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson, readText } from '../../streams/read-object.ts'
import { readReview } from '../review/reviews.ts'
import { readProduction } from './production.ts'
import { needRollout } from './rollouts.ts'

interface RolloutVerification {
  readonly rollout: string
  readonly verified: boolean
  /** Promotion records that were looked at. */
  readonly records: number
  readonly differences: readonly { readonly file: string; readonly why: string }[]
}

type Differs = (file: string, why: string) => void

export async function verifyRollout(store: Store, signer: Signer, id: string): Promise<RolloutVerification> {
  const item = await needRollout(store, id)
  const differences: { file: string; why: string }[] = []
  const differs: Differs = (file, why) => differences.push({ file, why })
  const parsed = Rollout.safeParse(item.rollout)
  if (!parsed.success) {
    differs('ledger', `the item of ${id} is no rollout any more: ${parsed.error.issues[0]!.message}`)
    return { rollout: id, verified: false, records: 0, differences }
  }
  const rollout = parsed.data
  for (const problem of chainProblems(rollout)) differs('ledger', problem)
  for (let revision = 0; revision < rollout.records.length; revision++)
    await verifyRevision(store, signer, rolloutAt(rollout, revision), differs)
  for (const tuple of [rollout.baseline, rollout.candidate]) await verifyTuple(store, tuple, differs)
  await verifyLineage(store, item, differs)
  const log = await readProduction(store, id)
  if ('damaged' in log) differs('production log', log.damaged)
  return { rollout: id, verified: differences.length === 0, records: rollout.records.length, differences }
}

/** Record, routing and artifact of a revision, byte by byte, and the signature over them. */
async function verifyRevision(store: Store, signer: Signer, rollout: Rollout, differs: Differs): Promise<void> {
  const artifact = rolloutArtifact(rollout)
  const expected = {
    'record.json': rollout.records.at(-1),
    'routing.json': artifact.routing,
    'artifact.json': artifact,
  }
  for (const file of PROMOTION_FILES) {
    const key = keys.promotion(rollout.rollout_id, rollout.revision, file)
    const stored = await orNull(readJson(store.releases, key))
    if (stored === null) differs(`releases/${key}`, 'is missing or no JSON')
    else if (file !== 'artifact.json') {
      if ((await readText(store.releases, key)) !== `${canonical(expected[file])}\n`)
        differs(`releases/${key}`, 'its bytes are not the ones recomputed from the ledger')
    } else await verifyArtifact(stored, artifact, signer, (why) => differs(`releases/${key}`, why))
  }
}

async function verifyArtifact(
  stored: unknown,
  expected: SignedRollout['artifact'],
  signer: Signer,
  differs: (why: string) => void,
): Promise<void> {
  const signed = SignedRollout.safeParse(stored)
  if (!signed.success) return differs('it is no signed rollout artifact')
  const { artifact, signature } = signed.data
  if (!(await signer.holds(artifactText(artifact), signature.mac)))
    differs(`its signature under key ${signature.key} does not hold`)
  if (digestOf(artifact) !== digestOf(expected)) differs('it is not the artifact recomputed from the ledger')
}

/** A tuple is what was pinned, and the documents that it names are still the ones. */
async function verifyTuple(store: Store, tuple: ReleaseTuple, differs: Differs): Promise<void> {
  const { intent, release_tuple_id: id, refs, digests } = tuple
  const key = keys.tuple(intent, id)
  if ((await readText(store.releases, key)) !== `${canonical(tuple)}\n`)
    differs(`releases/${key}`, 'it is not the tuple of the ledger')
  if (tupleId(intent, refs) !== id) differs(`releases/${key}`, 'its id is not that of its refs')
  const documents = {
    pack: keys.pack(refs.pack),
    evals: keys.suite(refs.evals),
    ...(refs.price_table ? { price_table: keys.priceTable(refs.price_table) } : {}),
  }
  for (const [place, at] of Object.entries(documents)) {
    const document = digests[place] === undefined ? undefined : await orNull(readJson(store.objects, at))
    if (document !== undefined && (document === null || digestOf(document) !== digests[place]))
      differs(at, `it is missing or no longer what ${id} pinned`)
  }
  for (const place of KEPT_DOCUMENTS) {
    const [ref, digest] = [refs[place], digests[place]]
    if (ref === undefined || digest === undefined) continue
    if ((await digestOfObject(store.objects, keys.document(ref))) !== digest)
      differs(keys.document(ref), `it is missing or no longer what ${id} pinned`)
  }
}

/** The approval stands, and the released pack is the approved patch on the pack before it. */
async function verifyLineage(store: Store, { run_id, rollout }: RolloutItem, differs: Differs): Promise<void> {
  const review = (await readReview(store, rollout.review_id))?.review
  if (!review) return differs('ledger', `review ${rollout.review_id} is not in it`)
  for (const problem of reviewProblems(review)) differs('ledger', `review ${rollout.review_id}: ${problem}`)
  if (review.status !== 'approved') differs('ledger', `review ${rollout.review_id} is ${review.status}`)
  const isFiled = isPartId(run_id)
  const proposalKey = isFiled
    ? keys.partProposal(run_id, review.proposal_digest)
    : keys.autotuneRun(run_id, 'selected-proposal.json')
  const proposal = await orNull(readJson<AnyProposal>(store.objects, proposalKey))
  if (!proposal || digestOf(proposal) !== review.proposal_digest)
    return differs(proposalKey, 'it is missing or not the proposal that was approved')
  const { baseline, candidate } = rollout
  const before = await orNull(readJson<ContextPack>(store.objects, keys.pack(baseline.refs.pack)))
  if (rollout.certification !== stampOf(proposal).certification || review.certification !== rollout.certification)
    differs('ledger', `${proposal.tuning_proposal_id} is told of under another stamp than its own`)
  if (isPart(proposal)) {
    const paths = proposal.change.part === 'pack' ? proposal.change.retire_surfaces : []
    const pack = before && { ...withoutSurfaces(before, proposal.target.intent, paths), pack: candidate.refs.pack }
    if (!pack || canonical(partTuple(baseline, proposal, pack)) !== canonical(candidate))
      differs('ledger', `the released tuple is not the one before it with ${partInWords(proposal.change)}`)
    return
  }
  const { patch } = proposal.candidate_change
  // Earlier versions released a prompt block without saying from where on its growth is counted.
  const patched = before ? [releasedPack(before, patch), patchedPack(before, patch)] : []
  if (!patched.some((pack) => digestOf({ ...pack, pack: candidate.refs.pack }) === candidate.digests.pack))
    differs(keys.pack(candidate.refs.pack), 'it is not the approved patch on the pack before it')
}
