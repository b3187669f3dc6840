/** Opens the review of a run's proposal, with the evidence that its page shows: computed once. */
import { canonical, digestOf } from '#core/canonical.ts'
import { casesWhere } from '#core/evaluate/panel.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import { baselineTuple } from '#core/release/tuple.ts'
import { byRecords } from '#core/replay/cage.ts'
import { type AnyProposal, isPart } from '#core/review/any-proposal.ts'
import { openReview } from '#core/review/review.ts'
import type { SearchRegression } from '#core/review/shown.ts'
import { regressionOf, shownDigest } from '#core/review/shown.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import { ID_PATTERN, isPartId, isSafeId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { ReviewSeat } from '#schemas/review.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import { inOneLine } from '../../pages/review/headline.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { readJson, readLines, streamLines } from '../../streams/read-object.ts'
import { replayEvidence } from '../evidence/replay-evidence.ts'
import { needHeads } from '../heads/check.ts'
import { needOurs } from '../heads/ours.ts'
import { baselineResults } from '../replay/reproduce.ts'
import { lostFile } from '../run/lost-file.ts'
import { saidElsewhere } from '../run/other-baselines.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { needStanding, partEvidence } from './part-evidence.ts'
import { type Pinned, pinnedOf, readPart } from './part-proposals.ts'
import { expireIfDue, latestReview, numberOf, type ReviewItem, readReview, remember, reviewId } from './reviews.ts'
import { type Evidence, shownOf, shownWith } from './shown.ts'

export interface OpenRequest {
  readonly runId: string
  /** Who is asked for which role; empty: only reopen what is there. */
  readonly seats: readonly Omit<ReviewSeat, 'nonce'>[]
  readonly expiresHours: number
  /** 32 hex digits or more, fresh with every call. */
  readonly nonce: () => string
}

/**
 * Opens the review of a run's proposal, or returns the one that stands: open with the same seats, or decided. After an
 * expiry the next one is opened. Throws UserError, with nothing written, for a run that proposes nothing, for files that
 * are no longer the run's, for seats that could never approve, and for other seats than an open review has.
 */
export async function openRunReview(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce' | 'replayer'>,
  request: OpenRequest,
): Promise<ReviewItem> {
  const { runId, seats } = request
  await needHeads(store)
  const latest = await expireIfDue(store, await latestReview(store, runId))
  if (latest && latest.review.status !== 'expired') return await standing(store, latest, seats)
  const { proposal, run } = await proposalOf(store, runId)
  if (isPart(proposal)) await needStanding(store, proposal)
  if (seats.length === 0)
    throw new UserError(
      `name a reviewer for every role with --reviewer ROLE=PERSON; required are ${proposal.release_path.requires_reviewers.join(', ')}`,
    )
  const evidence = isPart(proposal)
    ? await partEvidence(store, engine, proposal, run)
    : await gatherEvidence(store, engine, run as AutotuneRun)
  const shown = await shownWith(store, runId, evidence, digestOf(proposal))
  if (!shown) throw new UserError(`the files of run ${runId} cannot be read: "autotune verify ${runId}" names them`)
  const now = store.clock.now()
  const opened = openReview({
    review_id: reviewId(runId, latest ? numberOf(latest) + 1 : 1),
    proposal,
    shown_digest: shownDigest(shown),
    seats: seats.map((seat) => ({ ...seat, nonce: request.nonce() })),
    opened_at: now,
    expires_at: new Date(Date.parse(now) + request.expiresHours * 3_600_000).toISOString(),
  })
  if ('problems' in opened)
    throw new UserError(`this review could never approve:\n${opened.problems.map((p) => `  ${p}`).join('\n')}`)
  const { next } = opened
  const item: ReviewItem = {
    run_id: runId,
    evidence: digestOf(evidence),
    review: next,
    about: inOneLine(shown),
    ...(isPart(proposal) && { target: run.target }),
  }
  await store.objects.put(keys.reviewEvidence(next.review_id, item.evidence), `${canonical(evidence)}\n`)
  await store.table.create(...rowKeys.proposalReview(next.tuning_proposal_id, next.review_id), {
    review_id: next.review_id,
  })
  if (await store.table.create(...rowKeys.review(next.review_id), item)) return item
  return await standing(store, (await readReview(store, next.review_id))!, seats)
}

/** A review that is there already, if it is the one that is asked for. */
async function standing(store: Store, item: ReviewItem, seats: OpenRequest['seats']): Promise<ReviewItem> {
  const { review } = item
  await remember(store, item)
  const said = (all: OpenRequest['seats']) => all.map((s) => `${s.role}=${s.reviewer}`).sort()
  if (review.status === 'open' && seats.length > 0 && `${said(seats)}` !== `${said(review.seats)}`)
    throw new UserError(
      `review ${review.review_id} is open until ${review.expires_at} with ${said(review.seats).join(', ')}: leave --reviewer out to serve it again`,
    )
  const shown = await shownOf(store, item)
  if (review.status === 'open' && (shown === null || shownDigest(shown) !== review.shown_digest))
    throw new UserError(
      `the files of run ${item.run_id} are no longer the ones under review ${review.review_id}: "autotune verify ${item.run_id}" names them`,
    )
  return item
}

/** Proposal and what it pins: of a finished run, as its manifest has them, or as another producer filed it. */
export async function proposalOf(store: Store, runId: string): Promise<{ proposal: AnyProposal; run: Pinned }> {
  if (isPartId(runId) && store.heads) await needOurs(store.heads, ...rowKeys.proposalFiled(runId))
  const part = await readPart(store, runId)
  if (part) return { proposal: part, run: await pinnedOf(store, part) }
  const isId = ID_PATTERN.test(runId) && isSafeId(runId)
  const manifest = isId ? await readJson<RunManifest>(store.objects, keys.autotuneRun(runId, 'manifest.json')) : null
  if (!manifest) throw new UserError(`no finished run "${runId}" in this store; "autotune list" shows what there is`)
  if (manifest.verdict !== 'certified')
    throw new UserError(`run ${runId} proposes nothing (${manifest.verdict}): there is nothing to review`)
  const { digest, ...body } = manifest
  if (digest !== digestOf(body)) throw changed(runId, 'manifest.json')
  for (const file of [
    'target.json',
    'candidates.jsonl',
    'replay-results.jsonl',
    'gate.json',
    'selected-proposal.json',
  ] as const) {
    const lost = await lostFile(store, runId, manifest, file)
    if (lost === null) continue
    throw lost.erased
      ? new UserError(
          `recorded runs that run ${runId} was computed from were ${erasedBy(lost.erased)}. Nothing is decided on it any more: run its target again`,
        )
      : changed(runId, file)
  }
  return {
    proposal: (await readJson<TuningProposal>(store.objects, keys.autotuneRun(runId, 'selected-proposal.json')))!,
    run: (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json')))!,
  }
}

const changed = (runId: string, file: string): UserError =>
  new UserError(`${file} of run ${runId} was changed or is missing; "autotune verify ${runId}" says what differs`)

/** Replays baseline and winner over the search set: where it stands in the plot, what it loses, and that the baseline comes back. */
async function gatherEvidence(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce' | 'replayer'>,
  run: AutotuneRun,
): Promise<Evidence> {
  const candidates = await readLines<CandidateScore>(store.objects, keys.autotuneRun(run.run_id, 'candidates.jsonl'))
  const winner = candidates.find((c) => c.fate === 'won')
  const tuple = baselineTuple(run)
  const { panel, baselineMetric, evidence } = await replayEvidence(store, engine, run, winner ?? null, candidates)
  const [elsewhere] = await saidElsewhere(store, run, winner ? [winner.patch] : [])
  const passed = new Set(casesWhere(panel, (i) => panel.baseline.at(i)!.utility_passed === true))
  return {
    baseline_metric: baselineMetric,
    regressions: winner ? await regressionsOf(store, run, winner, passed) : [],
    rollback: {
      tuple,
      replay: {
        release_tuple_id: tuple.release_tuple_id,
        cases: run.search_set.cases,
        reproduced: panel.cases.length,
        results: baselineResults(panel),
        ...byRecords(run, engine),
      },
    },
    ...(evidence ? { evidence } : {}),
    ...(elsewhere && { other_baseline: elsewhere }),
  }
}

/** Regressions among what was replayed for one candidate first; every other line is read and let go. */
async function regressionsOf(
  store: Store,
  run: AutotuneRun,
  { candidate_id }: CandidateScore,
  passed: ReadonlySet<string>,
): Promise<SearchRegression[]> {
  const regressions: SearchRegression[] = []
  for await (const line of streamLines(store.objects, keys.autotuneRun(run.run_id, 'replay-results.jsonl'))) {
    const result = JSON.parse(line) as ReplayResult
    const regression = result.candidate_id === candidate_id ? regressionOf(result, passed) : null
    if (regression) regressions.push(regression)
  }
  return regressions
}
