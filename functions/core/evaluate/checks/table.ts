/** Every check of a suite by its name: a new one is its file here and its line below, and its contract in `schemas/suite.ts`. */
import type { Evaluator } from '#schemas/suite.ts'
import { allowedSources } from './allowed-sources.ts'
import { allowedTools } from './allowed-tools.ts'
import { approvalHonoured } from './approval-honoured.ts'
import type { Check } from './check.ts'
import { confirmedBeforeWrite } from './confirmed-before-write.ts'
import { contextDiff } from './context-diff.ts'
import { costCents } from './cost-cents.ts'
import { decisionDiff } from './decision-diff.ts'
import { expression } from './expression.ts'
import { goldCoverage } from './gold-coverage.ts'
import { groundedArguments } from './grounded-arguments.ts'
import { jsonata } from './jsonata.ts'
import { knownProvenance } from './known-provenance.ts'
import { latencyMs } from './latency-ms.ts'
import { model } from './model.ts'
import { module } from './module.ts'
import { mustRefuse } from './must-refuse.ts'
import { operatorCorrections } from './operator-corrections.ts'
import { recordedOutcome } from './recorded-outcome.ts'
import { recordedScore } from './recorded-score.ts'
import { recordedVerdict } from './recorded-verdict.ts'
import { requiredEvidence } from './required-evidence.ts'

export const CHECKS: { readonly [K in Evaluator['check']]: Check<K> } = {
  required_evidence: requiredEvidence,
  grounded_arguments: groundedArguments,
  approval_honoured: approvalHonoured,
  must_refuse: mustRefuse,
  known_provenance: knownProvenance,
  allowed_sources: allowedSources,
  allowed_tools: allowedTools,
  confirmed_before_write: confirmedBeforeWrite,
  context_diff: contextDiff,
  decision_diff: decisionDiff,
  gold_coverage: goldCoverage,
  operator_corrections: operatorCorrections,
  recorded_outcome: recordedOutcome,
  recorded_score: recordedScore,
  recorded_verdict: recordedVerdict,
  expression,
  jsonata,
  module,
  model,
  cost_cents: costCents,
  latency_ms: latencyMs,
}

/** The check of an evaluator, as anybody asks it: its options are those of its own line of the suite. */
export const checkOf = ({ check }: Pick<Evaluator, 'check'>): Check<never> => CHECKS[check] as unknown as Check<never>
