/** Reviews as they stand in the ledger: one item each, written on condition; what one that ended leaves to memory. */
import { digestOf } from '#core/canonical.ts'
import type { DecisionCodes } from '#core/heads/decisions.ts'
import { rejectionOfReview } from '#core/review/records.ts'
import { expireReview } from '#core/review/review.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Decider, Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { withCodes } from '../heads/decision-codes.ts'
import { writeRejections } from '../run/memory.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** The row of a review. Its revision is the review's own. */
export interface ReviewItem {
  readonly run_id: string
  /** Digest of the evidence object. */
  readonly evidence: string
  readonly review: Review
  /** Change, gain and harm in a line, for notices. Absent: opened by a version that wrote none. */
  readonly about?: string
  /** What another producer's proposal is about. Absent: that of a run, which says it itself. */
  readonly target?: Pick<TuningTarget, 'intent' | 'baseline_tuple'>
  /** Absent: nobody has decided yet, or nobody signs decisions here. */
  readonly codes?: DecisionCodes
}

/** Lost writes in a row after which something else is wrong. */
export const MOST_TRIES = 50

/** The latest review of a run; null: none was opened. */
export async function latestReview(store: Store, runId: string): Promise<ReviewItem | null> {
  let latest: ReviewItem | null = null
  for (let n = 1; ; n++) {
    const item = await readReview(store, reviewId(runId, n))
    if (!item) return latest
    latest = item
  }
}

/** A review by its id. */
export const readReview = async (store: Pick<Store, 'table'>, id: string): Promise<ReviewItem | null> =>
  (await store.table.get<ReviewItem>(...rowKeys.review(id)))?.body ?? null

/** Every review of a store, in the order of their ids. */
export const listReviews = async (store: Pick<Store, 'table'>): Promise<ReviewItem[]> =>
  (await Array.fromAsync(store.table.query<ReviewItem>('review'))).map((row) => row.body)

/** Ids of the reviews of a run, by number: after an expiry the next one may be opened. */
export const reviewId = (runId: string, n: number): string =>
  `rv_${runId.length <= 110 ? runId : digestOf(runId).slice(7, 39)}_${n}`

export const numberOf = ({ review }: ReviewItem): number =>
  Number(review.review_id.slice(review.review_id.lastIndexOf('_') + 1))

/** Ends an open review whose time is over. Returns the review as it then stands. */
export async function expireIfDue(store: Store, item: ReviewItem | null): Promise<ReviewItem | null> {
  if (!item) return null
  const done = expireReview(item.review, store.clock.now())
  if ('refused' in done) return item
  const won = await writeReview(store, item, done.next, 'terminal')
  return won ? { ...item, review: done.next } : await readReview(store, item.review.review_id)
}

/** What a review came to: expired if its time is over, and a rejection remembered. Null: there is none of this id. */
export async function settleReview(store: Store, id: string): Promise<ReviewItem | null> {
  const item = await expireIfDue(store, await readReview(store, id))
  if (item) await remember(store, item)
  return item
}

/** Writes a review as it stands next. `by`: who decided what it holds more than before. */
export async function writeReview(store: Store, item: ReviewItem, next: Review, by: Decider): Promise<boolean> {
  const [pk, sk] = rowKeys.review(next.review_id)
  const coded = await withCodes(store.heads, by, { pk, sk, before: item, body: { ...item, review: next } })
  return await store.table.update(pk, sk, item.review.revision, coded)
}

/** A rejection, with its reason, as rejection memory. Written again without effect. */
export async function remember(store: Store, { run_id, review }: ReviewItem): Promise<void> {
  // Of a part that replay cannot judge the review itself is the memory: its id follows from the change.
  if (review.status !== 'rejected' || review.certification) return
  const read = <T>(file: 'selected-proposal.json' | 'target.json') =>
    orNull(readJson<T>(store.objects, keys.autotuneRun(run_id, file)))
  const proposal = await read<TuningProposal>('selected-proposal.json')
  const run = await read<AutotuneRun>('target.json')
  // What was rejected is what was decided on; files that changed since teach nothing.
  if (!proposal || !run || digestOf(proposal) !== review.proposal_digest) return
  const record = rejectionOfReview(review, proposal, run)
  if (record) await writeRejections(store, [record])
}
