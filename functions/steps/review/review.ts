/**
 * Review of a run's proposal over a store: opening, links, requests, decisions from a terminal, expiry. What is decided
 * is decided by the core on values; here they are read, and written on condition that nobody wrote in between.
 */
import { randomUUID } from 'node:crypto'
import { canonical, digestOf } from '#core/canonical.ts'
import { metricOver } from '#core/evaluate/metric.ts'
import { casesWhere } from '#core/evaluate/panel.ts'
import { baselineTuple } from '#core/release/tuple.ts'
import { attemptRecord } from '#core/review/attempt.ts'
import { linkClaims, linkText, linkToken, parseLink } from '#core/review/link.ts'
import { rejectionOfReview } from '#core/review/rejection.ts'
import { MAX_REASON, type ReviewRequest } from '#core/review/request.ts'
import { decide, expireReview, openReview, type Vote } from '#core/review/review.ts'
import { regressionOf, type SearchRegression, type ShownProposal, shownDigest } from '#core/review/shown.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import { ID_PATTERN, isSafeId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Review, ReviewAttempt, ReviewDecision, ReviewSeat } from '#schemas/review.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import { answerReview, type DeskReply } from '../../pages/desk.ts'
import type { ReplayEngine, Signer, Store } from '../../ports.ts'
import { digestOfObject, readJson, readLines, streamLines } from '../../streams/read-object.ts'
import { baselineResults, gather } from '../replay/reproduce.ts'
import { writeRejections } from '../run/memory.ts'
import { baselinePins, pinnedLines } from '../run/run.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** The row of a review. Its revision is the review's own. */
export interface ReviewItem {
  readonly run_id: string
  /** Digest of the evidence object. */
  readonly evidence: string
  readonly review: Review
}

/** What a page shows beside the run's own files: computed once, when the review is opened. */
type Evidence = Pick<ShownProposal, 'baseline_metric' | 'regressions' | 'rollback'>

export interface OpenRequest {
  readonly runId: string
  /** Who is asked for which role; empty: only reopen what is there. */
  readonly seats: readonly Omit<ReviewSeat, 'nonce'>[]
  readonly expiresHours: number
  /** 32 hex digits or more, fresh with every call. */
  readonly nonce: () => string
}

/** Lost writes in a row after which something else is wrong. */
const MOST_TRIES = 50

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
export const readReview = async (store: Store, id: string): Promise<ReviewItem | null> =>
  (await store.table.get<ReviewItem>(...rowKeys.review(id)))?.body ?? null

/** Ids of the reviews of a run, by number: after an expiry the next one may be opened. */
const reviewId = (runId: string, n: number): string =>
  `rv_${runId.length <= 110 ? runId : digestOf(runId).slice(7, 39)}_${n}`

/**
 * Opens the review of a run's proposal, or returns the one that stands: open with the same seats, or decided. After an
 * expiry the next one is opened. Throws UserError, with nothing written, for a run that proposes nothing, for files that
 * are no longer the run's, for seats that could never approve, and for other seats than an open review has.
 */
export async function openRunReview(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  request: OpenRequest,
): Promise<ReviewItem> {
  const { runId, seats } = request
  const latest = await expireIfDue(store, await latestReview(store, runId))
  if (latest && latest.review.status !== 'expired') return await standing(store, latest, seats)
  const { proposal, run } = await proposalOf(store, runId)
  if (seats.length === 0)
    throw new UserError(
      `name a reviewer for every role with --reviewer ROLE=PERSON; required are ${proposal.release_path.requires_reviewers.join(', ')}`,
    )
  const evidence = await gatherEvidence(store, engine, run, proposal)
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
  const item: ReviewItem = { run_id: runId, evidence: digestOf(evidence), review: next }
  await store.objects.put(keys.reviewEvidence(next.review_id, item.evidence), `${canonical(evidence)}\n`)
  await store.table.create(...rowKeys.proposalReview(next.tuning_proposal_id, next.review_id), {
    review_id: next.review_id,
  })
  if (await store.table.create(...rowKeys.review(next.review_id), item)) return item
  return await standing(store, (await readReview(store, next.review_id))!, seats)
}

const numberOf = ({ review }: ReviewItem): number =>
  Number(review.review_id.slice(review.review_id.lastIndexOf('_') + 1))

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

/** Proposal and pinned input of a finished run, as its manifest has them. */
export async function proposalOf(store: Store, runId: string): Promise<{ proposal: TuningProposal; run: AutotuneRun }> {
  const isId = ID_PATTERN.test(runId) && isSafeId(runId)
  const manifest = isId ? await readJson<RunManifest>(store.objects, keys.autotuneRun(runId, 'manifest.json')) : null
  if (!manifest) throw new UserError(`no finished run "${runId}" in this store; "autotune list" shows what there is`)
  if (manifest.verdict !== 'certified')
    throw new UserError(`run ${runId} proposes nothing (${manifest.verdict}): there is nothing to review`)
  const { digest, ...body } = manifest
  if (digest !== digestOf(body)) throw changed(runId, 'manifest.json')
  for (const file of ['target.json', 'candidates.jsonl', 'replay-results.jsonl', 'selected-proposal.json'] as const) {
    const found = await digestOfObject(store.objects, keys.autotuneRun(runId, file))
    if (found === null || found !== manifest.artifacts[file]) throw changed(runId, file)
  }
  return {
    proposal: (await readJson<TuningProposal>(store.objects, keys.autotuneRun(runId, 'selected-proposal.json')))!,
    run: (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json')))!,
  }
}

const changed = (runId: string, file: string): UserError =>
  new UserError(`${file} of run ${runId} was changed or is missing; "autotune verify ${runId}" says what differs`)

/** Replays the baseline over the search set: where it stands in the plot, what the winner loses, and that it comes back. */
async function gatherEvidence(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  run: AutotuneRun,
  proposal: TuningProposal,
): Promise<Evidence> {
  const { panel } = await gather(engine.reproduce(await pinnedLines(store, run), baselinePins(run), 'search'))
  const passed = new Set(casesWhere(panel, (i) => panel.baseline.at(i)!.utility_passed === true))
  const candidates = await readLines<CandidateScore>(store.objects, keys.autotuneRun(run.run_id, 'candidates.jsonl'))
  const winner = candidates.find((c) => c.fate === 'won')
  const tuple = baselineTuple(run)
  return {
    baseline_metric: metricOver(proposal.target.metric, panel.baseline),
    regressions: winner ? await regressionsOf(store, run, winner, passed) : [],
    rollback: {
      tuple,
      replay: {
        release_tuple_id: tuple.release_tuple_id,
        cases: run.search_set.cases,
        reproduced: panel.cases.length,
        results: baselineResults(panel),
      },
    },
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

/** What the page of a review shows now, from the stored bytes; null when they are no longer what they were. */
export async function shownOf(
  store: Store,
  { run_id, evidence: digest, review }: ReviewItem,
): Promise<ShownProposal | null> {
  const evidence = await orNull(readJson<Evidence>(store.objects, keys.reviewEvidence(review.review_id, digest)))
  return evidence && digestOf(evidence) === digest
    ? await shownWith(store, run_id, evidence, review.proposal_digest)
    : null
}

/** Of files that were changed only digests are compared: `proposalDigest` here, and that of the whole by the caller. */
async function shownWith(
  store: Store,
  runId: string,
  evidence: Evidence,
  proposalDigest: string,
): Promise<ShownProposal | null> {
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

/** A value that no longer parses is a value that changed. */
export const orNull = <T>(value: Promise<T | null>): Promise<T | null> =>
  value.catch((error: Error) => {
    if (error instanceof SyntaxError) return null
    throw error
  })

/** Link tokens of every seat that may still decide. */
export async function reviewLinks(
  review: Review,
  code: Signer,
): Promise<{ role: string; reviewer: string; token: string }[]> {
  const links = []
  for (const claims of linkClaims(review)) {
    const token = linkToken(claims, await code.sign(linkText(claims)))
    links.push({ role: claims.role, reviewer: claims.reviewer, token })
  }
  return links
}

/** A reply, and the review that a valid link named, as it then stands; null: no code of ours named one. */
export interface RequestAnswer extends DeskReply {
  readonly review: Review | null
}

/** A request to a link: answered, written on condition, recorded, remembered. GET and HEAD write no decision. */
export async function answerRequest(
  store: Store,
  code: Signer,
  request: ReviewRequest,
  at: { readonly token: string; readonly origin: string; readonly action: string },
): Promise<RequestAnswer> {
  const parsed = parseLink(at.token)
  const macHolds = parsed.kind === 'parsed' && (await code.holds(parsed.text, parsed.mac))
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = macHolds && parsed.kind === 'parsed' ? await readReview(store, parsed.claims.review_id) : null
    const shown = item && (await shownOf(store, item))
    const { origin, action } = at
    const review = item?.review ?? null
    const reply = answerReview(request, { parsed, macHolds, review, shown, now: store.clock.now(), origin, action })
    if (reply.write && !(await writeReview(store, item!, reply.write.next))) continue
    if (reply.attempt) await recordAttempt(store, reply.attempt)
    // Also after "used": a process that died between decision and memory leaves the memory to the next request.
    if (item && request.method === 'POST')
      await remember(store, reply.write ? { ...item, review: reply.write.next } : item)
    return { ...reply, review: reply.write?.next ?? review }
  }
  throw new Error(`the review was written by others ${MOST_TRIES} times in a row`)
}

/** Decides for a reviewer who sits at the terminal of the store: the same transition, on the same digests. */
export async function decideAtTerminal(
  store: Store,
  runId: string,
  {
    shown: seen,
    ...vote
  }: Omit<Vote, 'shown_digest'> & { /** Digest that was read; null: what stands now. */ readonly shown: string | null },
): Promise<{ readonly review: Review; readonly decision: ReviewDecision; readonly proposal: TuningProposal }> {
  const reason = vote.reason?.replace(/\r\n?/g, '\n').trim() ?? null
  if (reason !== null && (reason.length > MAX_REASON || /[^\P{Cc}\n\t]/u.test(reason)))
    throw new UserError(`a reason has at most ${MAX_REASON} characters, none of them control characters`)
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await expireIfDue(store, await latestReview(store, runId))
    if (!item)
      throw new UserError(`no review of run ${runId} was opened: "autotune review ${runId} --reviewer ROLE=PERSON"`)
    await remember(store, item)
    const shown = await shownOf(store, item)
    const current = {
      proposal_digest: shown ? digestOf(shown.proposal) : '',
      shown_digest: shown ? shownDigest(shown) : '',
    }
    const now = store.clock.now()
    const done = decide(item.review, { ...vote, reason, shown_digest: seen ?? current.shown_digest }, current, now)
    if ('refused' in done) {
      // Nobody proved who they are here, so no name is kept.
      const attempt = { ...attemptRecord(null, done.refused, done.note, now), review_id: item.review.review_id }
      await recordAttempt(store, attempt)
      throw new UserError(`not decided: ${done.note}`)
    }
    if (!(await writeReview(store, item, done.next))) continue
    await remember(store, { ...item, review: done.next })
    return { review: done.next, decision: done.decision, proposal: shown!.proposal }
  }
  throw new Error(`the review was written by others ${MOST_TRIES} times in a row`)
}

/** Ends an open review whose time is over. Returns the review as it then stands. */
export async function expireIfDue(store: Store, item: ReviewItem | null): Promise<ReviewItem | null> {
  if (!item) return null
  const done = expireReview(item.review, store.clock.now())
  if ('refused' in done) return item
  const won = await writeReview(store, item, done.next)
  return won ? { ...item, review: done.next } : await readReview(store, item.review.review_id)
}

/** What a review came to: expired if its time is over, and a rejection remembered. Null: there is none of this id. */
export async function settleReview(store: Store, id: string): Promise<ReviewItem | null> {
  const item = await expireIfDue(store, await readReview(store, id))
  if (item) await remember(store, item)
  return item
}

const writeReview = (store: Store, item: ReviewItem, next: Review): Promise<boolean> =>
  store.table.update(...rowKeys.review(next.review_id), item.review.revision, { ...item, review: next })

/** One object an attempt, beside the review. */
async function recordAttempt(store: Store, attempt: ReviewAttempt): Promise<void> {
  await store.objects.put(keys.reviewAttempt(attempt.review_id, attempt.at, randomUUID()), `${canonical(attempt)}\n`)
}

/** Records a request that was refused before it reached a link: nothing about its sender is known. */
export const recordRefused = (store: Store, note: string): Promise<void> =>
  recordAttempt(store, attemptRecord(null, 'bad_request', note, store.clock.now()))

/** A rejection, with its reason, as rejection memory. Written again without effect. */
async function remember(store: Store, { run_id, review }: ReviewItem): Promise<void> {
  if (review.status !== 'rejected') return
  const read = <T>(file: 'selected-proposal.json' | 'target.json') =>
    orNull(readJson<T>(store.objects, keys.autotuneRun(run_id, file)))
  const proposal = await read<TuningProposal>('selected-proposal.json')
  const run = await read<AutotuneRun>('target.json')
  // What was rejected is what was decided on; files that changed since teach nothing.
  if (!proposal || !run || digestOf(proposal) !== review.proposal_digest) return
  const record = rejectionOfReview(review, proposal, run)
  if (record) await writeRejections(store, [record])
}
