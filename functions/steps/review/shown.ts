/** What the page of a review shows, read again from the stored bytes each time. */
import { digestOf } from '#core/canonical.ts'
import type { Shown, ShownPart, ShownProposal } from '#core/review/shown.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { isPartId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, readLines } from '../../streams/read-object.ts'
import { partAt } from './part-proposals.ts'
import type { ReviewItem } from './reviews.ts'

/** What a page shows beside the run's own files: computed once, when the review is opened. */
export type Evidence =
  | Pick<ShownProposal, 'baseline_metric' | 'regressions' | 'rollback' | 'evidence' | 'other_baseline'>
  | Omit<ShownPart, 'proposal'>

/** What the page of a review shows now, from the stored bytes; null when they are no longer what they were. */
export async function shownOf(
  store: Pick<Store, 'objects'>,
  { run_id, evidence: digest, review }: ReviewItem,
): Promise<Shown | null> {
  const evidence = await orNull(readJson<Evidence>(store.objects, keys.reviewEvidence(review.review_id, digest)))
  return evidence && digestOf(evidence) === digest
    ? await shownWith(store, run_id, evidence, review.proposal_digest)
    : null
}

/** Of files that were changed only digests are compared: `proposalDigest` here, and that of the whole by the caller. */
export async function shownWith(
  store: Pick<Store, 'objects'>,
  runId: string,
  evidence: Evidence,
  proposalDigest: string,
): Promise<Shown | null> {
  if ('texts' in evidence) {
    const part = isPartId(runId) ? await partAt(store, runId, proposalDigest) : null
    return part && { proposal: part, ...evidence }
  }
  const file = (name: Parameters<typeof keys.autotuneRun>[1]) => keys.autotuneRun(runId, name)
  const proposal = await orNull(readJson<TuningProposal>(store.objects, file('selected-proposal.json')))
  const candidates = await orNull(readLines<CandidateScore>(store.objects, file('candidates.jsonl')))
  const run = await orNull(readJson<AutotuneRun>(store.objects, file('target.json')))
  const manifest = await orNull(readJson<RunManifest>(store.objects, file('manifest.json')))
  if (!proposal || digestOf(proposal) !== proposalDigest || !candidates) return null
  if (!Array.isArray(run?.pack?.tunable_surfaces) || !manifest?.summary?.search) return null
  return {
    proposal,
    surfaces: run.pack.tunable_surfaces.filter((s) => s?.path in proposal.candidate_change.patch),
    candidates,
    no_search: manifest.summary.search.no_search,
    demonstration: run.demonstration,
    ...evidence,
  }
}
