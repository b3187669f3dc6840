/** Is a filed proposal what was filed, and is everything there that it stands on? Nothing is replayed: nothing was. */
import { digestOf } from '#core/canonical.ts'
import { partId } from '#core/release/part-proposal.ts'
import { digestsOf, tupleId } from '#core/release/tuple.ts'
import { reviewProblems } from '#core/review/review.ts'
import { PartProposal, type PartProposalFile } from '#schemas/part-proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson } from '../../streams/read-object.ts'
import { needOurs } from '../heads/ours.ts'
import { type FiledRow, partAt, pinnedOf } from '../review/part-proposals.ts'
import { latestReview } from '../review/reviews.ts'
import { erasuresOf } from '../store/erasures.ts'
import { rowKeys } from '../store/ledger-keys.ts'

export interface PartVerification {
  readonly proposal: string
  readonly holds: boolean
  readonly differences: readonly { readonly file: string; readonly why: string }[]
}

/** Throws UserError where there is no such proposal. */
export async function verifyPart(store: Store, id: string): Promise<PartVerification> {
  const differences: { file: string; why: string }[] = []
  const differs = (file: string, why: string) => differences.push({ file, why })
  const done = () => ({ proposal: id, holds: differences.length === 0, differences })
  const row = (await store.table.get<FiledRow>(...rowKeys.proposalFiled(id)))?.body
  if (!row) {
    const [left] = await Array.fromAsync(store.objects.list(`${keys.partProposals()}${id}/`))
    if (left === undefined)
      throw new UserError(`no proposal "${id}" in this store; "autotune list" shows what there is`)
    differs(left, 'nobody filed it: it is not in the ledger')
    return done()
  }
  const [pk, sk] = rowKeys.proposalFiled(id)
  if (store.heads) await needOurs(store.heads, pk, sk).catch((error: Error) => differs('ledger', error.message))
  const key = keys.partProposal(id, row.digest)
  const parsed = PartProposal.safeParse(await partAt(store, id, row.digest))
  if (!parsed.success) {
    differs(key, 'it is missing or not the proposal that was filed')
    return done()
  }
  const proposal = parsed.data
  if (partId(fileOf(proposal)) !== id) differs(key, 'its id is not that of its change')
  if (tupleId(proposal.target.intent, proposal.baseline_refs) !== proposal.baseline_tuple)
    differs(key, 'its baseline is not that of its refs')
  await verifyGround(store, proposal, differs)
  const review = (await latestReview(store, id))?.review
  if (review) {
    for (const problem of reviewProblems(review)) differs('ledger', `review ${review.review_id}: ${problem}`)
    if (review.proposal_digest !== row.digest || review.certification !== proposal.certification)
      differs('ledger', `review ${review.review_id} is of something else than was filed`)
  }
  return done()
}

/** The part of a file that its id follows from. */
const fileOf = ({ change, target, baseline_refs }: PartProposal): PartProposalFile =>
  ({
    intent: target.intent,
    baseline_tuple: baseline_refs,
    ...change,
  }) as unknown as PartProposalFile

/** What it was computed from, by the digests that it names. */
async function verifyGround(
  store: Store,
  proposal: PartProposal,
  differs: (file: string, why: string) => void,
): Promise<void> {
  const { change, computed_from: from, search_set, target } = proposal
  const { new_version, quarter, search_set: _, ...documents } = from
  const pinned = await pinnedOf(store, proposal).catch((error: Error) => {
    differs('packs', error.message)
    return null
  })
  const now = pinned && digestsOf(pinned)
  for (const [place, digest] of Object.entries(documents))
    if (now && now[place] !== digest) differs('packs', `${place} of its baseline is missing or no longer what it was`)
  const cases = keys.goldensAt(target.intent, search_set.digest)
  // In a deployment whoever replays it looks at them, and the auditor does not.
  const found = store.rolesApart ? search_set.digest : await digestOfObject(store.objects, cases)
  const erased = found !== search_set.digest && (await erasuresOf(store)).explains(search_set.digest, found)
  if (found !== search_set.digest && !erased) differs(cases, 'the cases of its way back are missing or changed')
  if (change.part !== 'pack' && (await versionDigest(store.objects, change)) !== new_version)
    differs('packs', `${change.to} is missing or no longer the version that was filed`)
  if (change.part === 'evaluators') {
    const at = keys.quarterlyCadence(change.rebaseline.date)
    if ((await digestOfObject(store.objects, at)) !== quarter)
      differs(at, 'it is missing or not the quarter that was filed')
  }
}

async function versionDigest(
  objects: ObjectStore,
  { part, to }: Exclude<PartProposal['change'], { part: 'pack' }>,
): Promise<string | null> {
  if (part !== 'evaluators') return await digestOfObject(objects, keys.document(to))
  const suite = await orNull(readJson(objects, keys.suite(to)))
  return suite && digestOf(suite)
}
