/**
 * Search over the declared lattice: cheapest first, memoised, fail-fast, killer cases first. Exact up to `EXACT_BELOW`
 * points: every point gets a fate. Sees the search set only. Returns a plan as a value; nothing is written here.
 */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { Records } from '../bytes/records.ts'
import { byCodeUnit } from '../canonical.ts'
import { asksElsewhere, judging, type VerdictAnswer, type VerdictQuestion, VerdictTable } from '../evaluate/asked.ts'
import { type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import type { SlimCase } from '../replay/slim.ts'
import { applyPatch, tableOf } from '../space/scope.ts'
import { reachOf } from '../space/scopes.ts'
import { committedCandidates } from './committed-list.ts'
import { exactCandidates } from './exact-candidates.ts'
import type { Visited } from './free-fates.ts'
import { type Found, type Keep, Keeping, killsOf } from './kept-search.ts'
import { NONE, type OnRecord, ReplayMemo } from './memo.ts'
import { negativeControl } from './negative-control.ts'
import { noSearchArm } from './no-search-arm.ts'
import { settleOutcome } from './paid-fates.ts'
import { blindWhereServed, plannedFamilies } from './planned-families.ts'
import { asFarAsKnown } from './predictions.ts'
import { renderCandidates } from './render-candidates.ts'
import type { Answer, CaseView, Contexts, Round } from './replayer.ts'
import { sampledScores } from './sampled.ts'
import type { SearchInput } from './search-input.ts'
import type { SearchResult } from './search-result.ts'
import { transcriptReplayer } from './transcript-replayer.ts'
import { BLOCK, failFastReplay, placeOf, startVisits } from './visit.ts'

export type { SearchResult } from './search-result.ts'

/** How a search is run: none of it changes what it finds. */
export interface SearchOptions {
  /** Cases asked for at once, at most. */
  readonly block?: number
  /** Where answers are put aside. @default memory */
  readonly aside?: Records
  /** Is told now and then how far it is, for people. */
  readonly progress?: (message: string) => void
  /** Where it goes on, and who keeps what it comes to. @default - from its beginning, and nobody */
  readonly keep?: Keep
}

/**
 * Searches, or scores the given candidates, by transcript replay. Deterministic in its input. Yields what evaluators have to
 * be asked elsewhere.
 */
export function* search(
  input: SearchInput<SlimCase>,
  record: OnRecord,
  options: Omit<SearchOptions, 'block'> = {},
): Generator<VerdictQuestion, SearchResult, readonly VerdictAnswer[]> {
  const { view, answer } = transcriptReplayer(input.panel, input.pins, input.suite)
  const table = asksElsewhere(input.suite) ? new VerdictTable() : null
  // Nothing is gained by asking ahead where answers come at once.
  const rounds = searchRounds(input, view, record, { ...options, block: table ? BLOCK : 1 })
  for (let step = rounds.next(); ; ) {
    if (step.done) return step.value
    const round = step.value
    step = rounds.next(table ? yield* judging(table, () => answer(round)) : answer(round))
  }
}

/**
 * The search itself. It yields blocks of replays and is given their answers: where and how concurrently they run is the
 * caller's business, and changes neither the result nor the counts; `block` is how many cases are asked for at once.
 */
export function* searchRounds(
  given: SearchInput,
  view: CaseView,
  record: OnRecord,
  { block = BLOCK, aside = new Records(), progress = () => {}, keep }: SearchOptions = {},
): Generator<Round, SearchResult, readonly Answer[]> {
  const keeping = new Keeping(keep ?? null)
  const { from } = keeping
  if (from === null) progress('the negative control: every surface at its most destructive values')
  const control = given.control ?? from?.control ?? (yield* negativeControl(given, view, block))
  keeping.begun(control)
  const input = { ...given, control }
  const memo = new ReplayMemo(record, input.panel.cases.length, aside)
  if (from?.found === null) keeping.resume(memo)
  const found = { ...(from?.found ?? (yield* searched(input, view, memo, { block, progress, keeping }))), control }
  if (input.candidates) return { ...found, noSearch: null }
  progress(`the no-search arm: ${found.counts.paid} replays of random candidates`)
  return { ...found, noSearch: yield* noSearchArm(input, view, found.counts.paid, { aside, block, keeping }) }
}

type Running = Required<Pick<SearchOptions, 'block' | 'progress'>> & { readonly keeping: Keeping }

/** Groups of candidates whose contexts stay in memory: 16 MB each at most. */
const NUMBERED_GROUPS = 4

/** The search without its no-search arm. */
function* searched(
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  running: Running,
): Generator<Round, Found, readonly Answer[]> {
  const baselineMetric = metricOver(input.target.metric, input.panel.baseline)
  const changes = changesOf(input)
  const replayed = [...(running.keeping.from?.replayed ?? [])]
  /** Contexts of the candidates that were paid for, by digest. */
  const contexts = new Map<string, Contexts | undefined>()
  const found =
    changes === null
      ? yield* sampledScores(input, view, memo, baselineMetric, running.block, replayed, running.keeping)
      : yield* exactScores(changes, input, view, memo, baselineMetric, running, contexts, replayed)
  const scored = blindWhereServed(found, input, view)
  const committed = committedCandidates(scored, input.target)
  const planned = committed[0] ? plannedFamilies(committed[0], input, view) : null
  const result = {
    ...(planned && { planned }),
    candidates: scored.map((c) => withReach(settle(asFarAsKnown(c, input), committed, input.target.direction), input)),
    committed: committed.map((c) => withReach(c, input)),
    firstMeasures: committed[0] ? measuresOf(committed[0], contexts.get(committed[0].digest), input, view, memo) : null,
    counts: { ...memo.counts, visited: scored.length, exact: changes !== null },
    ...(input.proposed && { replayed }),
  }
  running.keeping.found(result)
  return result
}

/** Every change that is looked at, each once: what proposers made keeps their word where the lattice has it too; null: too many. */
function changesOf(input: SearchInput): readonly CandidateChange[] | null {
  const { candidates, proposed = [] } = input
  const listed = candidates ?? exactCandidates(input)
  if (listed === null || proposed.length === 0) return listed
  const known = new Set(proposed.map(({ candidate_id }) => candidate_id))
  return [...proposed, ...listed.filter(({ candidate_id }) => !known.has(candidate_id))]
}

/** Scores of every given candidate: what is free first, then the rest cheapest first, each dropped as soon as it cannot pass. */
function* exactScores(
  changes: readonly CandidateChange[],
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  baselineMetric: number | null,
  { block, progress, keeping }: Running,
  contexts: Map<string, Contexts | undefined>,
  replayed: string[],
): Generator<Round, CandidateScore[], readonly Answer[]> {
  const scored: CandidateScore[] = []
  const waiting: Visited[] = []
  for (const early of renderCandidates(changes, input, view, baselineMetric, { progress })) {
    if ('fate' in early) scored.push(early)
    else
      waiting.push(early.contexts && early.contexts.group < NUMBERED_GROUPS ? early : { ...early, contexts: undefined })
  }
  const isOnly = waiting.every((visited) => visited.contexts?.group === 0)
  waiting.sort(cheapestFirst(input.target.direction))
  const visits = startVisits(input, block, keeping.from && killsOf(keeping.from, input.panel.cases.length))
  let best: CandidateScore | null = null
  for (const [at, found] of waiting.entries()) {
    const visited = isOnly ? { ...found, contexts: { ...found.contexts!, isOnly } } : found
    contexts.set(visited.digest, visited.contexts)
    const before = keeping.settledAt(at)
    if (before) {
      scored.push(before)
      continue
    }
    progress(`replaying candidate ${at + 1} of ${waiting.length}: ${memo.counts.paid} replays so far${bestText(best)}`)
    replayed.push(visited.change.candidate_id)
    const outcome = yield* failFastReplay(visited, input, view, memo, visits)
    const settled = settleOutcome(visited, outcome, input, baselineMetric)
    scored.push(settled)
    keeping.settled(settled, replayed, visits.kills, memo)
    // What is within the limits and better has this fate until the list is made.
    if (settled.fate === 'dominated' && isAhead(input.target.direction, settled.metric, best?.metric ?? null))
      best = settled
  }
  return scored
}

/** Is a metric the best so far? */
const isAhead = (direction: 'decrease' | 'increase', metric: number | null, best: number | null): boolean =>
  metric !== null && (best === null || isBetter(direction, metric, best))

/** `; best so far 1.93: evidence.orders.top_k 6`, for people. */
function bestText(best: CandidateScore | null): string {
  if (best?.metric == null) return ''
  const change = Object.entries(best.patch).map(([path, { to }]) => `${path} ${String(to).slice(0, 40)}`)
  return `; best so far ${Number(best.metric.toPrecision(4))}: ${change.join(', ')}`
}

/** Measures of a candidate that was read to its end, in panel order. */
function measuresOf(
  { patch }: CandidateChange,
  contexts: Contexts | undefined,
  { panel, pack }: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
): MeasureList {
  const settings = applyPatch(tableOf(pack), patch)
  const measures = measureList()
  for (let i = 0; i < panel.cases.length; i++) {
    const { at } = placeOf(i, settings, contexts, view, memo)
    measures.add(at === NONE ? panel.baseline.at(i)! : memo.measures(at))
  }
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

/** With how many families it is for, where it is for some cases alone. */
function withReach(candidate: CandidateScore, { scopes }: SearchInput): CandidateScore {
  const applies_to = reachOf(candidate.patch, scopes)
  return applies_to === null ? candidate : { ...candidate, applies_to }
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
