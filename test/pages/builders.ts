/** A view with everything in it, and one with as little as may be. */
import { decide } from '#core/review/review.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { shownDigest } from '#core/review/shown.ts'
import { patchDigest } from '#core/space/lattice.ts'
import { generator } from '#core/statistics/generator.ts'
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Review } from '#schemas/review.ts'
import type { ReviewView } from '../../functions/pages/review/summary.ts'
import { anEvidence } from '../core/evidence/builders.ts'
import { baseline } from '../core/release/builders.ts'
import { aProposal, aReview, DURING, unchanged, vote } from '../core/review/builders.ts'

const score = (topK: number, hops: number, fate: Fate, next: () => number): CandidateScore => {
  const patch = {
    'evidence.order_history.top_k': { from: 10, to: topK },
    ...(hops === 3 ? {} : { 'evidence.policy.max_hops': { from: 3, to: hops } }),
  }
  const early = fate === 'unreplayable' || fate === 'no_gain'
  const utility = (-0.12 * (10 - topK) ** 2) / 100 - 0.01 * (3 - hops) + next() / 2 ** 32 / 200
  return {
    candidate_id: `c_${topK}_${hops}`,
    layer: 'retrieval',
    patch,
    rationale: 'searched',
    digest: patchDigest(patch),
    fate,
    reason:
      fate === 'search_guardrail'
        ? 'utility_delta: 31 regressions seen'
        : fate === 'won'
          ? 'certified, and the best of the Pareto front'
          : '',
    search: early
      ? null
      : {
          set: 'search',
          families: 600,
          cases: 600,
          policy_violations: 0,
          safety_violations: 0,
          approval_bypasses: 0,
          regressions: 4,
          improvements: 1,
          labelled: 600,
          utility,
          p50_latency_ms: -80,
          p95_latency_ms: -160,
          economics_cents: -0.05 * (10 - topK),
          economics_tokens: -120,
          approval_wait_rate: null,
          unreplayable: 0,
        },
    metric: early ? null : 0.35 + 0.055 * topK + 0.06 * hops,
    search_evidence: early ? null : 1.2,
    guardrails: [
      {
        guardrail: 'utility_delta',
        verdict: early ? 'not_evaluated' : fate === 'search_guardrail' ? 'block' : 'pass',
        observed: early ? null : utility,
        limit: early ? null : -0.02,
        note: '',
      },
    ],
    blast_radius: early ? null : aProposal().blast_radius,
  }
}

export function candidates(): CandidateScore[] {
  const next = generator(3)
  return [1, 2, 3].flatMap((hops) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((topK) =>
      score(
        topK,
        hops,
        topK === 6 && hops === 3
          ? 'won'
          : topK >= 6 && topK <= 8 && hops === 3
            ? 'certified'
            : topK >= 7
              ? 'dominated'
              : topK === 1
                ? 'unreplayable'
                : 'search_guardrail',
        next,
      ),
    ),
  )
}

export const aShown = (over: Partial<ShownProposal> = {}): ShownProposal => ({
  proposal: aProposal(),
  surfaces: [
    {
      layer: 'retrieval',
      field: 'top_k',
      bounds: { min: 1, max: 20 },
      path: 'evidence.order_history.top_k',
      intents: ['support.refund'],
      owner: 'erin@acme',
    },
  ],
  candidates: candidates(),
  baseline_metric: 1.08,
  no_search: {
    candidates: 9,
    replays: 1840,
    best: { patch: { 'evidence.order_history.top_k': { from: 10, to: 8 } }, metric: 0.97 },
  },
  regressions: [
    {
      case_id: 'case-0031',
      family_id: 'customer-118',
      findings: ['order 8 is no longer in the context; step 4 used its amount'],
    },
    { case_id: 'case-0440', family_id: 'customer-52', findings: [] },
  ],
  rollback: {
    tuple: baseline(),
    replay: {
      release_tuple_id: baseline().release_tuple_id,
      cases: 600,
      reproduced: 600,
      results: aProposal().ledger.version,
    },
  },
  demonstration: null,
  evidence: anEvidence(),
  ...over,
})

/** A page for Ben, who is asked for policy. */
export function aView(shown: ShownProposal = aShown(), over: Partial<ReviewView> = {}): ReviewView {
  const review: Review = aReview({ proposal: shown.proposal, shown_digest: shownDigest(shown) })
  return {
    shown,
    review,
    seat: { role: 'policy', reviewer: 'ben@acme' },
    action: '/review/token',
    vault: 'account',
    returned: null,
    ...over,
  }
}

/** Nothing measured that may be missing, one candidate, no rollback tuple. */
export function bareShown(): ShownProposal {
  const proposal: TuningProposal = {
    ...aProposal(),
    certificate: aProposal().certificate.filter((r) => r.guardrail === 'policy'),
    not_measured: { latency: 'no clock in the records' },
    observed_delta: {},
    guardrails: { passed: true, regression_runs: [] },
    excluded_cases: { search: {}, share: 0 },
  }
  const { evidence: _, ...shown } = aShown({
    proposal,
    surfaces: [],
    candidates: [],
    baseline_metric: null,
    no_search: null,
    regressions: [],
    rollback: { tuple: null, replay: null },
  })
  return shown
}

/** What a reviewer sees who has just approved. */
export const decided = () => {
  const review = aReview()
  const done = decide(review, vote('policy', 'ben@acme', { reason: 'fine' }), unchanged(review), DURING)
  if ('refused' in done) throw new Error(done.note)
  return { review: done.next, decision: done.decision, seen: { shown: aShown(), vault: 'account' as const } }
}
