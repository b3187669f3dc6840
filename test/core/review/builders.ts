/** A proposal, a review and signed links for tests. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { digestOf } from '#core/canonical.ts'
import { checkLink, type LinkCheck, type LinkVerdict, linkText, linkToken, parseLink } from '#core/review/link.ts'
import { type OpenReview, openReview, type Vote } from '#core/review/review.ts'
import { TuningProposal } from '#schemas/proposal.ts'
import type { Review, ReviewSeat } from '#schemas/review.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'

const digest = (text: string) => digestOf(text)

/** A proposal as `buildProposal` writes one: top_k 10 to 6 for refunds. */
export const aProposal = (over: Partial<TuningProposal> = {}): TuningProposal =>
  TuningProposal.parse({
    tuning_proposal_id: 'at_2026_05_12_refund_cost_01',
    status: 'proposed',
    target: { intent: 'support.refund', metric: 'economics_cents_per_decision', direction: 'decrease' },
    candidate_change: {
      layer: 'retrieval',
      target_pack: 'ctxpack.support@5.2.0',
      patch: { 'evidence.order_history.top_k': { from: 10, to: 6 } },
    },
    replay: {
      search_set: 'goldens/support.refund/search@2026-05-12',
      heldout_test_set: 'goldens/support.refund/test@3fa9c1d20b7e',
      evaluation_run_id: 'eval_3fa9c1d20b7e',
      baseline_tuple: 'release.support.refund.aa11bb22cc33',
    },
    observed_delta: {
      economics_cents: -0.21,
      utility: -0.004,
      p95_latency_ms: -180,
      policy_violations: 0,
      safety_violations: 0,
      approval_bypasses: 0,
    },
    guardrails: { passed: true, regression_runs: ['case-0412'] },
    release_path: {
      requires_reviewers: ['reliability', 'policy', 'domain_owner'],
      rollout_stage: '0%_shadow',
      rollback_target: 'ctxpack.support@5.2.0',
    },
    owner: 'erin@acme',
    rationale: 'fewer order rows are read; the sixth is the last that any refund needed',
    certificate: [
      row('policy', 'certified', {
        observed: 0,
        limit: 0.01,
        p: 8e-14,
        level: 0.01,
        bound: 0.00153,
        families: 3000,
        counts: { violations: 0 },
      }),
      row('safety', 'certified', {
        observed: 0,
        limit: 0.01,
        p: 8e-14,
        level: 0.01,
        bound: 0.00153,
        families: 3000,
        counts: { violations: 0 },
      }),
      row('approval_bypass_rate', 'certified', {
        observed: 0,
        limit: 0.01,
        p: 8e-14,
        level: 0.01,
        bound: 0.00153,
        families: 3000,
        counts: { violations: 0 },
      }),
      row('utility_delta', 'certified', {
        observed: 0.006,
        limit: -0.02,
        p: 0.0003,
        level: 0.01,
        bound: 0.012,
        families: 500,
        counts: { regressions: 1, improvements: 4 },
      }),
      row('p95_latency_delta', 'checked', {
        observed: -180,
        limit: 250,
        p: null,
        level: 0.05,
        bound: 40,
        families: 500,
        counts: {},
      }),
      row('economics_cents_per_decision', 'checked', {
        observed: -0.21,
        limit: 0,
        p: null,
        level: 0.05,
        bound: -0.19,
        families: 500,
        counts: {},
      }),
    ],
    search_guardrails: [
      { guardrail: 'policy', verdict: 'pass', observed: 1, limit: 1, note: '0 of 600 families violate' },
      { guardrail: 'safety', verdict: 'pass', observed: 1, limit: 1, note: '0 of 600 families violate' },
      { guardrail: 'approval_bypass_rate', verdict: 'pass', observed: 0, limit: 0, note: '0 of 600 families violate' },
      {
        guardrail: 'utility_delta',
        verdict: 'pass',
        observed: -0.005,
        limit: -0.02,
        note: '4 regressions, 1 improvements of 600 families',
      },
      { guardrail: 'p95_latency_delta', verdict: 'pass', observed: -160, limit: 250, note: 'p95 2.1 s to 1.9 s' },
      {
        guardrail: 'economics_delta',
        verdict: 'not_measured',
        observed: null,
        limit: null,
        note: 'economics is the target metric',
      },
    ],
    not_measured: {},
    ledger: {
      version: digest('version'),
      question: 2,
      of: 5,
      alpha: 0.05,
      spent: 0.02,
      retired: 'passed',
      line: 'support.refund sha256:3fa9c1d2: question 2 of 5, 0.02 of 0.05 spent, now retired',
    },
    blast_radius: {
      fields: 1,
      b_config: 0.1,
      b_context: 0.062,
      b_decision: 0.014,
      negative_flip_rate: 0.007,
      reachable_intents: 1,
    },
    wording: [
      'certified     utility drop < 2.0 points (g=1, f=4, n=500, p=0.0003 <= 0.01)',
      'checked       p95 latency delta -180 ms (95 % bound +40 against +250)',
      'ledger        support.refund sha256:3fa9c1d2: question 2 of 5, 0.02 of 0.05 spent, now retired',
    ],
    excluded_cases: { search: { evidence: 3, scorecard: 1 }, share: 0.0066 },
    computed_from: { 'target.json': digest('target'), 'candidates.jsonl': digest('candidates') },
    ...over,
  })

const row = (guardrail: string, kind: 'certified' | 'checked', rest: Record<string, unknown>) => ({
  guardrail,
  kind,
  passed: true,
  ...rest,
})

const nonce = (n: number): string => n.toString(16).padStart(32, '0')

/** Ana for reliability, Ben for policy, Cleo for the domain. */
export const seats = (): ReviewSeat[] => [
  { role: 'reliability', reviewer: 'ana@acme', nonce: nonce(1) },
  { role: 'policy', reviewer: 'ben@acme', nonce: nonce(2) },
  { role: 'domain_owner', reviewer: 'cleo@acme', nonce: nonce(3) },
]

export const OPENED = '2026-05-12T09:00:00.000Z'
export const DURING = '2026-05-13T09:00:00.000Z'
export const EXPIRES = '2026-05-19T09:00:00.000Z'
export const SHOWN = digestOf('what the page shows')

export const openInput = (over: Partial<OpenReview> = {}): OpenReview => ({
  review_id: 'rv_at_2026_05_12_refund_cost_01',
  proposal: aProposal(),
  shown_digest: SHOWN,
  seats: seats(),
  opened_at: OPENED,
  expires_at: EXPIRES,
  ...over,
})

/** An open review; throws on nonsense. */
export function aReview(over: Partial<OpenReview> = {}): Review {
  const opened = openReview(openInput(over))
  if ('problems' in opened) throw new Error(opened.problems.join('; '))
  return opened.next
}

/** What the store holds when nothing changed. */
export const unchanged = (review: Review) => ({
  proposal_digest: review.proposal_digest,
  shown_digest: review.shown_digest,
})

export const vote = (role: string, reviewer: string, over: Partial<Vote> = {}): Vote => ({
  role,
  reviewer,
  decision: 'approved',
  reason: null,
  shown_digest: SHOWN,
  ...over,
})

const KEY = 'a key of the store'
/** Embedded signer: HMAC-SHA-256, base64url. */
export const sign = (text: string): string => createHmac('sha256', KEY).update(text).digest('base64url')
/** Embedded checker, in constant time. */
export const macHolds = (text: string, mac: string): boolean => {
  const [expected, given] = [Buffer.from(sign(text)), Buffer.from(mac)]
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** Signs claims with a synchronous signer that returns base64url. Asynchronous ones sign `linkText`, then `linkToken`. */
export const signLink = (claims: ReviewLinkClaims, sign: (text: string) => string): string =>
  linkToken(claims, sign(linkText(claims)))

/** `parseLink` and `judgeLink` in one, for a synchronous checker: `(text, mac) => boolean`, in constant time. */
export function verifyLink(
  token: string,
  macHolds: (text: string, mac: string) => boolean,
  check: Omit<LinkCheck, 'macHolds'>,
): LinkVerdict {
  const parsed = parseLink(token)
  return checkLink(parsed, { ...check, macHolds: parsed.kind === 'parsed' && macHolds(parsed.text, parsed.mac) })
}
