/**
 * Search over the declared lattice: cheapest first, memoised, fail-fast, killer cases first. Exact up to `EXACT_BELOW`
 * points: every point gets a fate. Sees the search set only. Returns a plan as a value; nothing is written here.
 */
import type { CandidateChange, CandidateScore, Fate, GuardrailRow, ReplayResult } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { METRICS } from '#schemas/metrics.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { byCodeUnit } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { notEvaluated, pointRows } from '../evaluate/guardrails.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import { type Panel, scoreDelta, utilityPairs } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { place, type ReplayPins, spending } from '../replay/transcript.ts'
import { configRadius, radiusBlock } from '../select/blast-radius.ts'
import { applyPatch, patchDigest, type TunableField } from '../space/lattice.ts'
import { committedCandidates, evidenceOf } from './committed-list.ts'
import { ReplayMemo } from './memo.ts'
import { type NoSearchArm, noSearchArm } from './no-search-arm.ts'
import { proposedPatches } from './points.ts'
import type { CaseAnswer, CaseView, ReplayCounts, Round } from './replayer.ts'
import { transcriptReplayer } from './transcript-replayer.ts'
import { failFastReplay, makeVisitOrder, type Outcome } from './visit.ts'

export interface SearchInput {
  readonly target: ResolvedTarget
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly pins: ReplayPins
  readonly fields: readonly TunableField[]
  readonly panel: Panel
  readonly rejections: readonly RejectionRecord[]
  /** Hand-written changes in place of the lattice; null: search. */
  readonly candidates: readonly CandidateChange[] | null
}

export interface SearchResult {
  /** Every listed candidate with its fate; the committed ones carry fate `committed`. */
  readonly candidates: readonly CandidateScore[]
  /** The ordered list for the gate: front of (evidence, metric), safest first, at most eight. */
  readonly committed: readonly CandidateScore[]
  /** Measures of the first committed candidate in panel order: what the preflight forecasts from. */
  readonly firstMeasures: readonly Measures[] | null
  readonly results: readonly ReplayResult[]
  readonly counts: ReplayCounts & { visited: number; exact: boolean }
  /** What the same replays buy without a search; null for hand-written candidates. */
  readonly noSearch: NoSearchArm | null
}

/** A candidate on its way through the search. */
interface Visited {
  readonly change: CandidateChange
  readonly digest: string
  readonly settings: Settings
  readonly metric: number | null
}

/** Searches, or scores the given candidates, by transcript replay. Deterministic in its input. */
export function search(input: SearchInput): SearchResult {
  const { view, answer } = transcriptReplayer(input.panel, input.pins, input.suite)
  const rounds = searchRounds(input, view)
  for (let step = rounds.next(); ; step = rounds.next(answer(step.value))) if (step.done) return step.value
}

/**
 * The search itself. It yields blocks of replays and is given their answers: where and how concurrently they run is the
 * caller's business, and changes neither the result nor the counts.
 */
export function* searchRounds(
  input: SearchInput,
  view: CaseView,
): Generator<Round, SearchResult, readonly CaseAnswer[]> {
  const memo = new ReplayMemo()
  const order = makeVisitOrder(input.panel)
  const baselineMetric = metricOver(input.target.metric, input.panel.baseline)
  const { changes, exact } = input.candidates ? { changes: input.candidates, exact: true } : proposedPatches(input)
  const scored: CandidateScore[] = []
  const waiting: Visited[] = []
  for (const change of changes) {
    const early = renderCandidate(change, input, view, baselineMetric)
    if ('fate' in early) scored.push(early)
    else waiting.push(early)
  }
  waiting.sort(cheapestFirst(input.target.direction))
  const survivors = new Map<string, readonly Measures[]>()
  for (const visited of waiting) {
    const outcome = yield* failFastReplay(visited.settings, visited.change.candidate_id, input, view, memo, order)
    scored.push(settleOutcome(visited, outcome, input, baselineMetric, survivors))
  }
  const committed = committedCandidates(scored, input.target)
  const noSearch = input.candidates ? null : yield* noSearchArm(input, view, memo.counts.paid)
  return {
    candidates: scored.map((c) => settle(c, committed)),
    committed,
    firstMeasures: committed[0] ? survivors.get(committed[0].digest)! : null,
    results: memo.results,
    counts: { ...memo.counts, visited: scored.length, exact },
    noSearch,
  }
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

/** What is free: memory, replayability, rendered cost, latency and bypasses. A fate, or a candidate worth paying for. */
function renderCandidate(
  change: CandidateChange,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited {
  const { target, panel } = input
  const digest = patchDigest(change.patch)
  const dropped = (fate: Fate, reason: string, metric: number | null = null, guardrails = notEvaluated()) =>
    ({
      ...change,
      digest,
      fate,
      reason,
      search: null,
      metric,
      search_evidence: null,
      guardrails,
      blast_radius: null,
    }) satisfies CandidateScore
  const known = input.rejections.find((r) => r.source !== 'gate' && patchDigest(r.patches[0]!) === digest)
  if (known) return dropped('remembered', `${known.source} rejected it in ${known.run_id}: ${known.reason}`)
  const fields = Object.keys(change.patch).length
  if (fields > target.max_fields)
    return dropped('blast_radius', `changes ${fields} fields, at most ${target.max_fields} are allowed`)
  const settings = applyPatch(input.pack.settings, change.patch)
  const rendered: Measures[] = []
  let unreplayable = 0
  let why = ''
  for (let i = 0; i < panel.cases.length; i++) {
    const measures = view.rendered(i, settings)
    if (measures === null) return { change, digest, settings, metric: null }
    if ('unreplayable' in measures) {
      unreplayable++
      why ||= measures.unreplayable
    } else rendered.push(measures)
  }
  if (unreplayable > 0)
    return dropped('unreplayable', `${unreplayable} of ${panel.cases.length} cases cannot be replayed: ${why}`)
  const rows = pointRows(target.guardrails, target.not_measured, panel, rendered)
  const free = rows.filter((r) => FREE.has(r.guardrail))
  const metric = target.metric === 'utility' ? null : metricOver(target.metric, rendered)
  const blocked = free.find((r) => r.verdict === 'block')
  if (blocked)
    return dropped(
      'search_guardrail',
      `${blocked.guardrail}: ${bypassNote(blocked, change, input) ?? blocked.note}`,
      metric,
      rows.map((r) => (FREE.has(r.guardrail) ? r : unreached(r))),
    )
  if (target.metric !== 'utility' && !gains(target, metric, baselineMetric))
    return dropped('no_gain', noGain(target, metric, baselineMetric), metric)
  return { change, digest, settings, metric }
}

const FREE = new Set(['approval_bypass_rate', 'p95_latency_delta', 'economics_delta'])
const unreached = (row: GuardrailRow): GuardrailRow => ({
  ...row,
  verdict: 'not_evaluated',
  observed: null,
  note: 'not reached',
})

const gains = (target: ResolvedTarget, metric: number | null, baseline: number | null): boolean =>
  metric !== null && baseline !== null && isBetter(target.direction, metric, baseline)

const noGain = (target: ResolvedTarget, metric: number | null, baseline: number | null): string =>
  metric === null
    ? `${target.metric} is not measured on every case`
    : `${target.metric} ${tidy(metric)} ${METRICS[target.metric].unit}, baseline ${baseline === null ? 'not measured' : tidy(baseline)}: no ${target.direction}`

const tidy = (value: number): string => String(Number(value.toPrecision(6)))

/** A bypass is refused with the amounts that would go through unseen. */
function bypassNote(row: GuardrailRow, change: CandidateChange, { panel, pack, pins }: SearchInput): string | null {
  if (row.guardrail !== 'approval_bypass_rate') return null
  const settings = applyPatch(pack.settings, change.patch)
  const amounts = panel.cases
    .flatMap((c) => {
      const placement = place(c, settings, pins.baseline)
      if ('unreplayable' in placement) return []
      return spending(placement, pins).bypassed.map((i) => placement.recording.approvals.amount[i]!)
    })
    .sort((a, b) => a - b)
  const shown = amounts.slice(0, 8).map(tidy).join(', ')
  const more = amounts.length > 8 ? `, ... ${tidy(amounts.at(-1)!)}` : ''
  return `lets ${amounts.length} actions through that the baseline sends to a person: amounts ${shown}${more}, ${tidy(amounts.reduce((a, b) => a + b, 0))} in all`
}

/** Fate of a candidate that was paid for: stopped, blocked, no gain, too wide, or a survivor. */
function settleOutcome(
  visited: Visited,
  outcome: Outcome,
  input: SearchInput,
  baselineMetric: number | null,
  survivors: Map<string, readonly Measures[]>,
): CandidateScore {
  const { target, panel } = input
  const { change, digest } = visited
  const base = { ...change, digest, metric: visited.metric, search_evidence: null, blast_radius: null }
  if ('stopped' in outcome) {
    const { stopped } = outcome
    if ('unreplayable' in stopped)
      return { ...base, fate: 'unreplayable', reason: stopped.unreplayable, search: null, guardrails: notEvaluated() }
    const { guardrail } = stopped
    const rows = notEvaluated().map((r) => (r.guardrail === guardrail.guardrail ? guardrail : r))
    return {
      ...base,
      fate: 'search_guardrail',
      reason: `${guardrail.guardrail}: ${guardrail.note}`,
      search: null,
      guardrails: rows,
    }
  }
  const { measures, changed } = outcome
  const guardrails = pointRows(target.guardrails, target.not_measured, panel, measures)
  const delta = scoreDelta('search', panel, measures, 0)
  const metric = metricOver(target.metric, measures)
  const done = { ...base, metric, search: delta, guardrails }
  const blocked = guardrails.find((r) => r.verdict === 'block')
  if (blocked) return { ...done, fate: 'search_guardrail', reason: `${blocked.guardrail}: ${blocked.note}` }
  if (!gains(target, metric, baselineMetric))
    return { ...done, fate: 'no_gain', reason: noGain(target, metric, baselineMetric) }
  const pairs = utilityPairs(panel, measures)
  const changedFamilies = new Set<number>()
  const decided = new Set<number>()
  changed.forEach((flags, i) => {
    if (flags & 1) changedFamilies.add(panel.familyOf[i]!)
    if (flags & 2) decided.add(panel.familyOf[i]!)
  })
  const blast_radius = {
    fields: Object.keys(change.patch).length,
    b_config: configRadius(input.fields, change.patch),
    b_context: changedFamilies.size / panel.families.length,
    b_decision: decided.size / panel.families.length,
    negative_flip_rate: pairs.labelled === 0 ? 0 : pairs.regressions / pairs.labelled,
    reachable_intents: 1,
  }
  const block = radiusBlock(blast_radius, target)
  const kept = { ...done, blast_radius, search_evidence: evidenceOf(target, pairs) }
  if (block) return { ...kept, fate: 'blast_radius', reason: block }
  survivors.set(digest, measures)
  return { ...kept, fate: 'dominated', reason: '' }
}

function settle(candidate: CandidateScore, committed: readonly CandidateScore[]): CandidateScore {
  if (candidate.fate !== 'dominated') return candidate
  const place = committed.findIndex((c) => c.digest === candidate.digest)
  if (place >= 0) return committed[place]!
  return { ...candidate, reason: 'a committed candidate has as much search evidence and a better metric' }
}
