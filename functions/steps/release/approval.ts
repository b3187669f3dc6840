/** What a rollout is built on: the approved review with what it showed, and the way back, replayed. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { digestOf } from '#core/canonical.ts'
import { byRecords } from '#core/replay/cage.ts'
import { type AnyProposal, isPart } from '#core/review/any-proposal.ts'
import { type Shown, shownDigest } from '#core/review/shown.ts'
import type { ReleaseTuple } from '#schemas/pack.ts'
import type { RollbackReplay } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { baselineResults, gather } from '../replay/reproduce.ts'
import { proposalOf } from '../review/opening.ts'
import type { Pinned } from '../review/part-proposals.ts'
import { latestReview } from '../review/reviews.ts'
import { shownOf } from '../review/shown.ts'
import { pinnedLines } from '../run/pinned-input.ts'

interface ApprovedProposal {
  readonly review: Review
  readonly shown: Shown
  readonly proposal: AnyProposal
  readonly run: Pinned
}

/** The approved review of a run, and what it showed, which must be what the store still holds. */
export async function approvedProposal(store: Store, runId: string): Promise<ApprovedProposal> {
  const item = await latestReview(store, runId)
  if (!item)
    throw new UserError(
      `run ${runId} was not reviewed: open one with "autotune review ${runId} --reviewer ROLE=PERSON"`,
    )
  const { review } = item
  if (review.status !== 'approved') throw new UserError(`review ${review.review_id} is ${review.status}, not approved`)
  const shown = await shownOf(store, item)
  if (!shown || shownDigest(shown) !== review.shown_digest || digestOf(shown.proposal) !== review.proposal_digest)
    throw new UserError(
      `the files of run ${runId} are no longer the ones that review ${review.review_id} approved: "autotune verify ${runId}" names them`,
    )
  return { review, shown, ...(await proposalOf(store, runId)) }
}

/** Replays the tuple to go back to, over every case that the proposal counted. */
export async function replayTarget(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce' | 'replayer'>,
  { run, proposal, shown }: Pick<ApprovedProposal, 'run' | 'proposal' | 'shown'>,
  { release_tuple_id }: ReleaseTuple,
): Promise<RollbackReplay> {
  const { panel } = await gather(engine.reproduce(await pinnedLines(store, run), baselinePins(run), 'search'), run.draw)
  const excluded = isPart(proposal)
    ? run.search_set.cases - (shown.rollback.replay?.reproduced ?? 0)
    : Object.values(proposal.excluded_cases.search).reduce((a, b) => a + b, 0)
  const replay: RollbackReplay = {
    release_tuple_id,
    cases: run.search_set.cases - excluded,
    reproduced: panel.cases.length,
    results: baselineResults(panel),
    ...byRecords(run, engine),
  }
  if (replay.reproduced === replay.cases && replay.results !== shown.rollback.replay?.results)
    throw new UserError(
      'the rollback target replays differently than when it was reviewed: there is nothing to go back to',
    )
  return replay
}
