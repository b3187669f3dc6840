/** Facts of a report with everything in it, as large as asked for. */
import type { RunEvidence, WholeCase } from '#core/evidence/types.ts'
import { bestSoFar } from '#core/report/best-so-far.ts'
import type { CandidateFacts, ReportFacts } from '#core/report/facts.ts'
import { settingGrid, settingsTried } from '#core/report/settings-tried.ts'
import { ReplayTallies } from '#core/report/tally.ts'
import { patchDigest } from '#core/space/lattice.ts'
import { FATES } from '#schemas/candidate.ts'
import { aProposal } from '../core/review/builders.ts'
import { candidates } from './builders.ts'

const EVALUATORS = [
  'required_evidence',
  'grounded_arguments',
  'approval_honoured',
  'gold_coverage',
  'recorded_outcome',
  'latency',
  'cost',
  'must_refuse',
]

const someCandidates = (n: number): CandidateFacts[] => {
  const [one] = candidates()
  return Array.from({ length: n }, (_, i) => {
    const patch = {
      'evidence.order_history.top_k': { from: 10, to: 1 + (i % 10) },
      ...(i % 3 === 0 ? {} : { 'evidence.order_history.max_hops': { from: 3, to: 1 + (i % 2) } }),
      ...(i % 4 === 0 ? { 'budget.evidence_tokens': { from: 3200, to: 1600 + i } } : {}),
    }
    const fate = i === 0 ? 'won' : FATES[i % (FATES.length - 1)]!
    return {
      ...one!,
      candidate_id: `c_${String(i).padStart(12, '0')}`,
      digest: patchDigest(patch),
      patch,
      fate,
      reason: `${EVALUATORS[i % 8]}: ${fate === 'search_guardrail' ? `refund-0000${i} violates` : `figure 0000${i} is here`}; at most 0 of 604 families may; what was seen stands in the files of the run`,
      metric: 1.5 + i / 400,
      replayed: {
        replays: 100 + i,
        unreplayable: 0,
        failed: 0,
        failing: Object.fromEntries(EVALUATORS.map((e, k) => [e, 1 + ((i + k) % 9)])),
        paid_after: 100 * (i + 1),
      },
    }
  })
}

export const SECRET = 'the user said something private'

const aCase = (n: number): WholeCase => ({
  group: `g${n % 5}`,
  case_id: `case-${n}`,
  family_id: `cust_${n}`,
  run_id: `run_${n}`,
  date: '2026-04-01',
  request: `${SECRET} ${'about an order '.repeat(30)}`,
  answer: `${SECRET} ${'and was answered '.repeat(25)}`,
  passed: { before: true, after: n % 2 === 0 },
  tokens: { before: 4000, after: 3000 },
  cents: { before: 2, after: 1.5 },
  passages: Array.from({ length: 24 }, (_, i) => ({
    ref: `kg:acme/order/${n}/${i}`,
    bucket: 'order_history',
    source: 'adp_orders',
    hop: 1 + (i % 3),
    rank: i + 1,
    tokens: 90,
    text: `${SECRET} ${'passage '.repeat(i < 8 ? 40 : 18)}`,
    read: i < 8 ? ('before' as const) : ('both' as const),
    mark: i === 0 ? ('needed' as const) : null,
  })),
  passages_before: 24,
  passages_after: 16,
  verdicts: EVALUATORS.map((evaluator_id) => ({
    evaluator_id,
    before: 'pass',
    after: 'fail',
    finding: `${SECRET}: 1 of 3 passages is lost`,
  })),
  actions: [{ tool: 'refund', writes: true, amount: 4123, asked: { before: true, after: false } }],
})

export const someEvidence = (cases: number): RunEvidence => ({
  version: 1,
  candidate_id: 'c_000000000000',
  patch: { 'evidence.order_history.top_k': { from: 10, to: 6 } },
  cases: {
    recorded: 610,
    compared: 604,
    families: 600,
    context_changed: 430,
    unreplayable: 2,
    failed: 0,
    values: 3000,
    untraced: 4,
  },
  recorded: { first: '2026-03-01', last: '2026-04-30', undated: 0, age_days: 20 },
  utility: { labelled: 592, worse: 8, better: 1, worse_families: 7, better_families: 1 },
  metric: { before: 2.1, after: 1.9 },
  heldout: { before: 2.08, after: 1.89, families: 596, labelled: 589, worse: 1, better: 4 },
  coverage: [1, 2, 3].map((hop) => ({
    bucket: 'order_history',
    source: 'adp_orders',
    hop,
    before: 4863,
    removed: 1436,
    added: 0,
    required: 604,
    required_lost: 1,
    needed: 614,
    needed_lost: 3,
    values_lost: 2,
  })),
  spending: {
    decisions: 604,
    priced: 604,
    parts: [
      {
        part: 'order_history',
        kind: 'bucket',
        tokens: { before: 1_000_000, after: 700_000 },
        cents: { before: 604, after: 422.8 },
      },
      {
        part: 'output',
        kind: 'output',
        tokens: { before: 90_000, after: 96_000 },
        cents: { before: 302, after: 332.2 },
      },
    ],
  },
  actions: [{ tool: 'refund', writes: true, before: 604, after: 604, asked_before: 210, asked_after: 210 }],
  amounts: [
    {
      gate: 'refund',
      actions: 604,
      asked_before: 210,
      asked_after: 205,
      let_through: 5,
      amounts: [3019, 3029],
      sum: 9000,
      unknown: 0,
    },
  ],
  sources: [
    {
      source: 'adp_orders',
      owner: 'erin@acme',
      version: '3',
      updated: '2026-01-01',
      age_days: 100,
      before: 4863,
      after: 3427,
    },
  ],
  slices: Array.from({ length: 12 }, (_, i) => ({
    attribute: 'order_value',
    value: `${SECRET} ${i}`,
    cases: 50,
    labelled: 50,
    worse: i % 3,
    better: 0,
  })),
  groups: Array.from({ length: 5 }, (_, i) => ({
    id: `g${i}`,
    course: i < 3 ? ('worse' as const) : ('held' as const),
    pattern: `${SECRET}, pattern ${i}`,
    cases: 200,
    families: 190,
    case_ids: Array.from({ length: 200 }, (_, n) => `refund-${String(n).padStart(6, '0')}`),
  })),
  examples: Array.from({ length: cases }, (_, n) => aCase(n)),
  alternatives: [],
  look_at: [{ rule: 'slice_carries_harm', says: `${SECRET} carries the harm`, see: 'slices' }],
})

/** @param over what is another one */
export function someFacts(
  { candidates: n = 12, cases = 3 }: { candidates?: number; cases?: number } = {},
  over: Partial<ReportFacts> = {},
): ReportFacts {
  const all = someCandidates(n)
  const settings = settingsTried(all, 2.1)
  return {
    version: 1,
    run_id: 'at_2026_05_12_refund_cents',
    intent: 'support.refund',
    verdict: 'certified',
    metric: 'economics_cents_per_decision',
    direction: 'decrease',
    owner: 'erin@acme',
    pack: 'ctxpack.support@5.2.0',
    started_at: '2026-05-12T08:59:00.000Z',
    finished_at: '2026-05-12T09:00:00.000Z',
    demonstration: null,
    reasons: ['tokens estimated as ceil(chars/4)'],
    next: ['A proposal waits for review: "autotune review RUN" opens it.'],
    baseline_metric: 2.1,
    shown_candidate: 'c_000000000000',
    candidates: all,
    evaluators: EVALUATORS,
    left_out: [],
    model_usage: [],
    search: {
      not_searched: ['evidence.orders.top_k 9 .. 12 not searched: 3 of 10 cases cannot be replayed'],
      counts: {
        visited: n,
        paid: 100 * n,
        avoided: 50,
        exact: true,
        unreplayable: 0,
        failed: 0,
        no_search: { candidates: 5, replays: 100 * n, best: { patch: all[0]!.patch, metric: 1.9 } },
      },
      excluded: { cases: { evidence: 2 }, share: 0.003 },
      control: ['top_k at 1: failed families: utility 300'],
      cases: 610,
      best: bestSoFar(all, new ReplayTallies(), 'decrease'),
      settings,
      origins: null,
      grid: settingGrid(settings, all, 2.1),
    },
    evidence: someEvidence(cases),
    evidence_lacks: null,
    proposal: aProposal(),
    certificate: null,
    preflight: [
      { guardrail: 'policy', verdict: 'ready', families: 596, needed: 459, power: null, note: 'N=596, needs 459' },
    ],
    power: [
      {
        guardrail: 'policy',
        excludes: 0.01,
        level: 0.01,
        have: 596,
        needs: 459,
        lines: [
          {
            assumes: 'no violation at all',
            points: [
              [100, 0],
              [459, 1],
              [700, 1],
            ],
          },
        ],
      },
    ],
    question: { question: 1, of: 5, level: 0.01, alpha: 0.05, passed: true, version: 'sha256:ee3dc588f2a2571f' },
    sealed_families: 596,
    labels: ['589 families: 589 by the business; set aside: 4 disputed labels, 3 missing'],
    provenance: {
      artifacts: { 'candidates.jsonl': 'sha256:aa', 'gate.json': 'sha256:bb' },
      manifest: 'sha256:cc',
      search_set: 'sha256:dd',
      sealed_version: 'sha256:ee',
      replayer: 'transcript',
      gate_rules: '0.2.0',
      refs: { pack: 'ctxpack.support@5.2.0' },
      billed: { replays: 5352, heldout_questions: 1 },
    },
    ...over,
  }
}
