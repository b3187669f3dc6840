/** Pairs of replays, and an evidence with everything in it. */
import { type CasePair, transcriptPair } from '#core/evidence/case-pair.ts'
import { EvidenceGathering } from '#core/evidence/gather.ts'
import type { LookFacts } from '#core/evidence/look-at.ts'
import type { Alternative, CoverageRow, RunEvidence, Slice, WholeCase } from '#core/evidence/types.ts'
import { sketchOf } from '#core/evidence/whole-case.ts'
import { patchDigest } from '#core/space/lattice.ts'
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aCase, aPack, aSuite, prices } from '../../support/builders.ts'

/** A recorded run under the baseline and under other settings. */
export function pairOf(run: ExperienceRun, to: Settings, baseline: Settings = run.settings): CasePair {
  const pins = { baseline, candidate: { ...baseline, ...to }, prices: prices(), suite: aSuite() }
  const pair = transcriptPair(aCase(run), pins)
  if (pair === null) throw new Error(`the baseline of ${run.run_id} does not replay`)
  return pair
}

export const aScore = (
  patch: CandidateScore['patch'],
  fate: Fate,
  over: Partial<CandidateScore> = {},
): CandidateScore => ({
  candidate_id: `c_${patchDigest(patch).slice(7, 19)}`,
  layer: 'retrieval',
  patch,
  rationale: 'searched',
  digest: patchDigest(patch),
  fate,
  reason: '',
  search: null,
  metric: null,
  search_evidence: null,
  guardrails: [],
  blast_radius: null,
  ...over,
})

export const TOP_K = 'evidence.orders.top_k'
export const topK = (from: number, to: number) => ({ [TOP_K]: { from, to } })

/** Groups of which cases are shown whole, of top_k 4 to 2 over some runs. */
export function shownOf(runs: readonly ExperienceRun[]): string[] {
  const gathering = new EvidenceGathering(prices())
  for (const run of runs) gathering.add(pairOf(run, { [TOP_K]: 2 }), run.date)
  return gathering.shownCases().map(([group]) => group)
}

/** Evidence of top_k 4 to 2 over some runs. */
export function gathered(
  runs: readonly ExperienceRun[],
  { to = { [TOP_K]: 2 } as Settings, pack = aPack(), runDay = '2026-05-20' as string | null } = {},
): RunEvidence {
  const gathering = new EvidenceGathering(prices())
  for (const run of runs) gathering.add(pairOf(run, to), run.date)
  const winner = aScore(topK(4, 2), 'won', { metric: 900 })
  return gathering.evidence(
    {
      candidate: winner,
      candidates: [winner],
      pack,
      direction: 'decrease',
      baselineMetric: 1000,
      rejections: [],
      recordedCases: runs.length,
      families: new Set(runs.map((r) => r.family_id)).size,
      certificate: null,
      runDay,
    },
    [],
  )
}

export const aRow = (over: Partial<CoverageRow> = {}): CoverageRow => ({
  bucket: 'order_history',
  source: 'adp_orders',
  hop: 1,
  before: 100,
  removed: 0,
  added: 0,
  required: 0,
  required_lost: 0,
  needed: 0,
  needed_lost: 0,
  values_lost: 0,
  ...over,
})

export const aSlice = (over: Partial<Slice> = {}): Slice => ({
  attribute: 'order_value',
  value: 'low',
  cases: 100,
  labelled: 100,
  worse: 0,
  better: 0,
  ...over,
})

export const anAlternative = (over: Partial<Alternative> = {}): Alternative => ({
  candidate_id: 'c_1',
  patch: { 'evidence.order_history.top_k': { from: 10, to: 6 } },
  chosen: false,
  metric: 0.9,
  gain: 0.1,
  worse: 0,
  better: 0,
  labelled: 500,
  ...over,
})

const aWholeCase = (group: string, case_id: string): WholeCase => ({
  group,
  case_id,
  family_id: `family of ${case_id}`,
  run_id: `run_${case_id}`,
  date: '2026-04-08',
  request: 'I need a refund: the power bank from order ORD-503923 does not match the description.',
  answer: 'Shall I refund INR 1749? The earlier credit of INR 150 on ORD-503925 stays yours.',
  passed: { before: true, after: false },
  tokens: { before: 5716, after: 4786 },
  cents: { before: 1.99, after: 1.71 },
  passages: [
    {
      ref: 'kg:1',
      bucket: 'order_history',
      source: 'adp_orders',
      hop: 1,
      rank: 1,
      tokens: 46,
      text: 'ORD-503923: power bank',
      read: 'both',
      mark: 'required',
    },
    {
      ref: 'kg:2',
      bucket: 'order_history',
      source: 'adp_orders',
      hop: 1,
      rank: 7,
      tokens: 46,
      text: 'ORD-503925: wireless earbuds',
      read: 'before',
      mark: 'needed',
    },
    {
      ref: 'kg:3',
      bucket: 'order_history',
      source: null,
      hop: 2,
      rank: 0,
      tokens: 30,
      text: null,
      read: 'after',
      mark: null,
    },
  ],
  passages_before: 2,
  passages_after: 2,
  verdicts: [
    { evaluator_id: 'required_evidence', before: 'pass', after: 'pass', finding: null },
    {
      evaluator_id: 'gold_coverage',
      before: 'pass',
      after: 'fail',
      finding: '1 of 4 passages of a complete answer are not in the context',
    },
  ],
  actions: [{ tool: 'support.refund.execute', writes: true, amount: 1749, asked: { before: true, after: false } }],
})

/** Everything that a page can show of a change, all of it bad. */
export const anEvidence = (over: Partial<RunEvidence> = {}): RunEvidence => ({
  version: 1,
  candidate_id: 'c_6_3',
  patch: { 'evidence.order_history.top_k': { from: 10, to: 6 } },
  cases: {
    recorded: 640,
    compared: 600,
    families: 580,
    context_changed: 400,
    unreplayable: 2,
    failed: 1,
    values: 3000,
    untraced: 30,
  },
  recorded: { first: '2026-04-01', last: '2026-04-30', undated: 3, age_days: 12 },
  utility: { labelled: 592, worse: 54, better: 3, worse_families: 50, better_families: 3 },
  metric: { before: 1.08, after: 0.86 },
  heldout: { before: 1.1, after: 0.89, families: 500, labelled: 498, worse: 1, better: 4 },
  coverage: [
    aRow({ before: 4863, removed: 1436, required: 604, needed: 614, needed_lost: 54, values_lost: 2 }),
    aRow({ source: 'adp_payments', hop: 3, before: 763, removed: 763 }),
    aRow({ bucket: 'policy', source: null, before: 604, added: 7 }),
  ],
  spending: {
    decisions: 600,
    priced: 590,
    parts: [
      { part: 'order_history', kind: 'bucket', tokens: { before: 1000, after: 600 }, cents: { before: 3, after: 1.8 } },
      { part: 'output', kind: 'output', tokens: { before: 100, after: 100 }, cents: null },
    ],
  },
  actions: [
    { tool: 'support.refund.execute', writes: true, before: 559, after: 559, asked_before: 214, asked_after: 200 },
    { tool: 'adp_orders.track', writes: null, before: 604, after: null, asked_before: 0, asked_after: null },
  ],
  amounts: [
    {
      gate: 'refund',
      actions: 559,
      asked_before: 214,
      asked_after: 200,
      let_through: 14,
      amounts: [3019, 3029],
      sum: 43000,
      unknown: 1,
    },
  ],
  sources: [
    {
      source: 'adp_orders',
      owner: 'order care',
      version: '3.1',
      updated: '2026-03-01',
      age_days: 72,
      before: 4863,
      after: 3427,
    },
    { source: 'adp_payments', owner: null, version: null, updated: null, age_days: null, before: 763, after: 0 },
  ],
  slices: [aSlice({ worse: 48 }), aSlice({ value: 'high', cases: 500, worse: 6 })],
  groups: [
    {
      id: 'g_worse',
      course: 'worse',
      pattern: 'a needed passage is read no more: adp_orders (order_history, hop 1), ranked beyond top_k 6',
      cases: 50,
      families: 46,
      case_ids: ['refund-000245', 'refund-002371'],
    },
    {
      id: 'g_other',
      course: 'worse',
      pattern: 'the records cannot say: …',
      cases: 4,
      families: 4,
      case_ids: ['refund-1'],
    },
    {
      id: 'g_better',
      course: 'better',
      pattern: 'gold_coverage passes now',
      cases: 3,
      families: 3,
      case_ids: ['refund-2'],
    },
    {
      id: 'g_held',
      course: 'held',
      pattern: 'same verdict without passages of adp_payments (order_history, hop 3)',
      cases: 340,
      families: 330,
      case_ids: ['refund-3'],
    },
  ],
  examples: [
    aWholeCase('g_worse', 'refund-000245'),
    aWholeCase('g_worse', 'refund-002371'),
    aWholeCase('g_other', 'refund-1'),
    aWholeCase('g_better', 'refund-2'),
    aWholeCase('g_held', 'refund-3'),
  ],
  alternatives: [
    anAlternative({ candidate_id: 'c_6_3', chosen: true, gain: 0.2, worse: 54 }),
    anAlternative({
      candidate_id: 'c_7_3',
      patch: { 'evidence.order_history.top_k': { from: 10, to: 7 } },
      gain: 0.15,
      worse: 5,
    }),
    anAlternative({
      candidate_id: 'c_8_3',
      patch: { 'evidence.order_history.top_k': { from: 10, to: 8 } },
      metric: null,
      gain: null,
      worse: null,
      better: null,
    }),
  ],
  look_at: [
    {
      rule: 'source_gone',
      says: 'Every passage of adp_payments (order_history, hop 3) disappears: 763 of 763. None of them is marked as needed: is the rest enough?',
      see: 'coverage',
    },
    {
      rule: 'slice_carries_harm',
      says: '88.9 % of the worse cases (48 of 54) have order_value low, which 16.7 % of all cases have.',
      see: 'slices',
    },
    {
      rule: 'better_neighbour',
      says: 'top_k 7 is certified too: it keeps 75 % of the gain with 5 worse families in place of 54.',
      see: 'alternatives',
    },
  ],
  ...over,
})

/** Facts of which no rule has anything to say. */
export const quiet = (over: Partial<LookFacts['evidence']> = {}, facts: Partial<LookFacts> = {}): LookFacts => ({
  evidence: {
    ...anEvidence(),
    cases: {
      recorded: 600,
      compared: 600,
      families: 600,
      context_changed: 10,
      unreplayable: 0,
      failed: 0,
      values: 100,
      untraced: 0,
    },
    recorded: { first: '2026-05-01', last: '2026-05-10', undated: 0, age_days: 2 },
    utility: { labelled: 600, worse: 0, better: 0, worse_families: 0, better_families: 0 },
    coverage: [aRow({ removed: 99 })],
    slices: [],
    groups: [],
    alternatives: [],
    ...over,
  },
  certificate: [],
  candidates: [],
  surfaces: [],
  rejections: [],
  ...facts,
})

/** What a case shows whole, without its texts. */
export const sketch = (run: ExperienceRun, to: Settings = { [TOP_K]: 2 }) => sketchOf(pairOf(run, to))
