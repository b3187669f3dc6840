/** The article's proposal, field for field, from a certificate. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { buildProposal, type ProposalInput } from '#core/proposal/proposal.ts'
import { TuningProposal } from '#schemas/proposal.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { aPack, aTarget } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const commit = digestOf('commit')
const version = digestOf('version')

function input(over: Partial<TuningTarget> = {}, heldout: Record<string, unknown> = {}): ProposalInput {
  const target = aTarget(over)
  return {
    run: {
      run_id: 'at_2026_05_12_refund_cost',
      pack: aPack(),
      search_set: { ref: 'goldens/support.refund/search@abc', digest: digestOf('s'), cases: 40 },
    },
    target: resolveTarget(target),
    winner: {
      layer: 'retrieval',
      patch: { [K]: { from: 4, to: 2 } },
      rationale: 'point of the declared lattice',
      guardrails: [],
      blast_radius: {
        fields: 1,
        b_config: 0.5,
        b_context: 1,
        b_decision: 0,
        negative_flip_rate: 0,
        reachable_intents: 1,
      },
    },
    certificate: {
      rows: [],
      regression_runs: ['case-7'],
      metric: { baseline: 1000, candidate: 800, bound: -190 },
      heldout: {
        utility: -0.01,
        p95_latency_ms: 30,
        economics_cents: -0.2,
        policy_violations: 0,
        safety_violations: 0,
        approval_bypasses: 0,
        ...heldout,
      },
    },
    ledger: {
      version,
      intent: 'support.refund',
      families: 499,
      excluded_families: { some: 1, all: 1 },
      used: 2,
      questions: 5,
      alpha: 0.05,
      alpha_k: 0.01,
      retired: 'passed',
      open: null,
      history: [
        { k: 1, commit: digestOf('first') },
        { k: 2, commit },
      ],
    },
    excluded: { evidence: 1, policy: 1 },
    computedFrom: { 'target.json': digestOf('t'), commit },
  } as unknown as ProposalInput
}

describe('buildProposal', () => {
  test('says what was dropped of the traces that it rests on, and nothing where there were none', () => {
    const given = input()
    const traces = { imports: 1, runs: 30, dropped: { open: 10 } }
    const proposal = buildProposal({ ...given, run: { ...given.run, traces } })
    expect(TuningProposal.parse(proposal).excluded_cases.traces).toEqual({ n: 10, share: 0.25 })
    expect(buildProposal(given).excluded_cases).not.toHaveProperty('traces')
  })

  test("has the article's fields at top level, and validates", () => {
    const proposal = buildProposal(input())
    expect(TuningProposal.parse(proposal)).toEqual(proposal)
    expect(proposal).toMatchObject({
      tuning_proposal_id: 'at_2026_05_12_refund_cost_01',
      status: 'proposed',
      target: { intent: 'support.refund', metric: 'economics_tokens_per_decision', direction: 'decrease' },
      candidate_change: {
        layer: 'retrieval',
        target_pack: 'ctxpack.support@1.0.0',
        patch: { [K]: { from: 4, to: 2 } },
      },
      replay: {
        search_set: 'goldens/support.refund/search@abc',
        heldout_test_set: `goldens/support.refund/test@${version.slice(7, 19)}`,
        evaluation_run_id: `eval_${commit.slice(7, 19)}`,
      },
      guardrails: { passed: true, regression_runs: ['case-7'] },
      release_path: { rollout_stage: '0%_shadow', rollback_target: 'ctxpack.support@1.0.0' },
      owner: 'refunds',
    })
  })

  test('carries the ledger line, the balance, the excluded share and what it was computed from', () => {
    expect(buildProposal(input())).toMatchObject({
      ledger: { version, question: 2, of: 5, alpha: 0.05, spent: 0.02, retired: 'passed' },
      excluded_cases: {
        search: { evidence: 1, policy: 1 },
        share: 0.05,
        heldout: { families: 1, share: 0.002 },
      },
      computed_from: { 'target.json': digestOf('t'), commit },
    })
  })

  test('observes the metric and every dimension; what is declared not measured is null, never 0', () => {
    expect(buildProposal(input()).observed_delta).toEqual({
      economics_tokens: -200,
      utility: -0.01,
      p95_latency_ms: null,
      economics_cents: -0.2,
      policy_violations: 0,
      safety_violations: 0,
      approval_bypasses: null,
    })
  })

  test("keeps the metric's own difference where it is also a dimension", () => {
    const utility = input({ metric: 'utility', direction: 'increase' })
    const proposal = buildProposal({
      ...utility,
      certificate: { ...utility.certificate, metric: { baseline: 0.5, candidate: 0.75, bound: 0.1 } },
    })
    expect(proposal.observed_delta.utility).toBe(0.25)
  })
})
