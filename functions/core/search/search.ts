/**
 * Search over the declared lattice: cheapest first, memoised, fail-fast, killer cases first. Exact up to `EXACT_BELOW`
 * points: every point gets a fate. Sees the search set only. Returns a plan as a value; nothing is written here.
 */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { Records } from '../bytes/records.ts'
import { byCodeUnit } from '../canonical.ts'
import { type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import type { SlimCase } from '../replay/slim.ts'
import { applyPatch } from '../space/lattice.ts'
import { committedCandidates } from './committed-list.ts'
import { exactCandidates } from './exact-candidates.ts'
import type { Visited } from './free-fates.ts'
import { type OnRecord, ReplayMemo } from './memo.ts'
import { type NoSearchArm, noSearchArm } from './no-search-arm.ts'
import { settleOutcome } from './paid-fates.ts'
import { renderCandidates } from './render-candidates.ts'
import type { CaseAnswer, CaseView, ReplayCounts, Round } from './replayer.ts'
import { sampledScores } from './sampled.ts'
import type { SearchInput } from './search-input.ts'
import { transcriptReplayer } from './transcript-replayer.ts'
import { BLOCK, failFastReplay, startVisits } from './visit.ts'

export interface SearchResult {
  /** Every listed candidate with its fate; the committed ones carry fate `committed`. */
  readonly candidates: readonly CandidateScore[]
  /** The ordered list for the gate: front of (evidence, metric), safest first, at most eight. */
  readonly committed: readonly CandidateScore[]
  /** Measures of the first committed candidate in panel order: what the preflight forecasts from. */
  readonly firstMeasures: MeasureList | null
  readonly counts: ReplayCounts & { visited: number; exact: boolean }
  /** What the same replays buy without a search; null for hand-written candidates. */
  readonly noSearch: NoSearchArm | null
}

/** How a search is run: none of it changes what it finds. */
export interface SearchOptions {
  /** Cases asked for at once. */
  readonly block?: number
  /** Where answers are put aside. @default memory */
  readonly aside?: Records
  /** Is told now and then how far it is, for people. */
  readonly progress?: (message: string) => void
}

/** Searches, or scores the given candidates, by transcript replay. Deterministic in its input. */
export function search(
  input: SearchInput<SlimCase>,
  record: OnRecord,
  options: Omit<SearchOptions, 'block'> = {},
): SearchResult {
  const { view, answer } = transcriptReplayer(input.panel, input.pins, input.suite)
  // Nothing is gained by asking ahead where answers come at once.
  const rounds = searchRounds(input, view, record, { ...options, block: 1 })
  for (let step = rounds.next(); ; step = rounds.next(answer(step.value))) if (step.done) return step.value
}

/**
 * The search itself. It yields blocks of replays and is given their answers: where and how concurrently they run is the
 * caller's business, and changes neither the result nor the counts; `block` is how many cases are asked for at once.
 */
export function* searchRounds(
  input: SearchInput,
  view: CaseView,
  record: OnRecord,
  { block = BLOCK, aside = new Records(), progress = () => {} }: SearchOptions = {},
): Generator<Round, SearchResult, readonly CaseAnswer[]> {
  const memo = new ReplayMemo(record, input.panel.cases.length, aside)
  const found = yield* searched(input, view, memo, { block, progress })
  if (input.candidates) return { ...found, noSearch: null }
  progress(`the no-search arm: ${found.counts.paid} replays of random candidates`)
  return { ...found, noSearch: yield* noSearchArm(input, view, found.counts.paid, { aside, block }) }
}

type Running = Required<Pick<SearchOptions, 'block' | 'progress'>>

/** The search without its no-search arm. */
function* searched(
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  running: Running,
): Generator<Round, Omit<SearchResult, 'noSearch'>, readonly CaseAnswer[]> {
  const baselineMetric = metricOver(input.target.metric, input.panel.baseline)
  const changes = input.candidates ?? exactCandidates(input)
  const scored =
    changes === null
      ? yield* sampledScores(input, view, memo, baselineMetric)
      : yield* exactScores(changes, input, view, memo, baselineMetric, running)
  const committed = committedCandidates(scored, input.target)
  return {
    candidates: scored.map((c) => settle(c, committed, input.target.direction)),
    committed,
    firstMeasures: committed[0] ? measuresOf(committed[0], input, view, memo) : null,
    counts: { ...memo.counts, visited: scored.length, exact: changes !== null },
  }
}

/** Scores of every given candidate: what is free first, then the rest cheapest first, each dropped as soon as it cannot pass. */
function* exactScores(
  changes: readonly CandidateChange[],
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  baselineMetric: number | null,
  { block, progress }: Running,
): Generator<Round, CandidateScore[], readonly CaseAnswer[]> {
  const scored: CandidateScore[] = []
  const waiting: Visited[] = []
  for (const early of renderCandidates(changes, input, view, baselineMetric, progress)) {
    if ('fate' in early) scored.push(early)
    else waiting.push(early)
  }
  waiting.sort(cheapestFirst(input.target.direction))
  const visits = startVisits(input, block)
  for (const [at, visited] of waiting.entries()) {
    progress(`replaying candidate ${at + 1} of ${waiting.length}: ${memo.counts.paid} replays so far`)
    const outcome = yield* failFastReplay(visited.settings, visited.change.candidate_id, input, view, memo, visits)
    scored.push(settleOutcome(visited, outcome, input, baselineMetric))
  }
  return scored
}

/** Measures of a candidate that was read to its end, in panel order. */
function measuresOf(
  { patch }: CandidateChange,
  { panel, pack }: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
): MeasureList {
  const settings = applyPatch(pack.settings, patch)
  const measures = measureList()
  for (let i = 0; i < panel.cases.length; i++)
    measures.add(memo.measures(i, view.contextKey(i, settings)) ?? panel.baseline.at(i)!)
  return measures
}

const cheapestFirst =
  (direction: 'decrease' | 'increase') =>
  (a: Visited, b: Visited): number => {
    const gap =
      a.metric === null || b.metric === null ? 0 : direction === 'decrease' ? a.metric - b.metric : b.metric - a.metric
    return (
      gap || Object.keys(a.change.patch).length - Object.keys(b.change.patch).length || byCodeUnit(a.digest, b.digest)
    )
  }

function settle(
  candidate: CandidateScore,
  committed: readonly CandidateScore[],
  direction: 'decrease' | 'increase',
): CandidateScore {
  if (candidate.fate !== 'dominated') return candidate
  const place = committed.findIndex((c) => c.digest === candidate.digest)
  if (place >= 0) return committed[place]!
  const covered = committed.some(
    (c) => c.search_evidence! >= candidate.search_evidence! && !isBetter(direction, candidate.metric!, c.metric!),
  )
  const reason = covered
    ? 'a committed candidate has as much search evidence and a metric at least as good'
    : `better on the metric, but with less search evidence than the ${committed.length} that one question lists`
  return { ...candidate, reason }
}
