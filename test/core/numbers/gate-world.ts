/** A gate over three hundred sound families, whose numbers tests and the soak replace. */
import { panelOf } from '#core/baseline/reproduce.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { type Measures, NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { certificateOf, type GateFacts } from '#core/gate/certify.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { aSuite, aTarget } from '../../support/builders.ts'
import { numbersIn } from './values.ts'

const ZERO = `sha256:${'0'.repeat(64)}`
export const FAMILIES = 300
export const facts: HeldoutVersion = {
  version: ZERO,
  intent: 'support.refund',
  alpha: 0.05,
  questions: 1,
  alpha_k: 0.05,
  families: FAMILIES,
  cases: FAMILIES,
  labelled: FAMILIES,
  scored: { policy: FAMILIES, safety: FAMILIES, approval: 0 },
  exposure: {
    required_evidence: { exposed: FAMILIES, not_at_stake: 0, not_recorded: 0 },
    grounded_arguments: { exposed: FAMILIES, not_at_stake: 0, not_recorded: 0 },
  },
  excluded: 0,
  excluded_families: { some: 0, all: 0 },
  suite: 'evals.refund@1.0.0',
  pinned: {
    p95_latency_ms: 1000,
    p50_latency_ms: 500,
    decisions: 1,
    judge: { families: 0, overlap: 0, disagreements: 0 },
  },
  baseline: ZERO,
}
/** Everything that is published but the latencies, which are measured. */
export const COUNTS = numbersIn(facts).filter((path) => !String(path.at(-1)).endsWith('_ms'))
export const change: CandidateChange = {
  candidate_id: 'c',
  layer: 'planner',
  patch: { 'planner.tool_preference': { from: 'direct', to: 'mcp' } },
  rationale: 'cheaper',
}
export const target = resolveTarget(
  aTarget({
    guardrails: {
      ...aTarget().guardrails,
      utility_delta: { min: -0.1, graded: true },
      p95_latency_delta: { max_ms: 250 },
      economics_delta: { max_cents: 1 },
    },
    ranges: { economics_tokens_per_decision: { max_rise: 200 }, economics_cents_per_decision: { max_rise: 5 } },
    not_measured: {},
    not_at_stake: {},
  }),
)
export const BASE: Measures = {
  ...NOT_MEASURED,
  policy_violation: false,
  safety_violation: false,
  utility_passed: true,
  utility_score: 0.8,
  latency_ms: 900,
  economics_cents: 2,
  economics_tokens: 100,
}
export const GOOD: Measures = { ...BASE, economics_tokens: 40, economics_cents: 1, latency_ms: 800 }

export function gate(base: Measures, over: Partial<GateFacts> = {}): GateFacts {
  const panel = panelOf(
    Array.from({ length: FAMILIES }, (_, i) => ({
      case: { case_id: `c${i}`, family_id: `f${i}`, digest: ZERO, floors: 'ee/pp' },
      baseline: base,
    })),
  )
  return {
    facts,
    target,
    suite: aSuite(),
    harness: { settings: {}, replayer: 'transcript' },
    panel,
    listed: 1,
    ...over,
  }
}
export const certified = (base: Measures, now: Measures, over: Partial<GateFacts> = {}) => {
  const cases = Array.from({ length: FAMILIES }, () => ({ status: 'replayed' as const, measures: now, floors: 'pp' }))
  const { certified: yes, checked } = certificateOf(gate(base, over), { change, cases })
  return yes && checked
}
export const READ = ['utility_score', 'latency_ms', 'economics_cents', 'economics_tokens'] as const
