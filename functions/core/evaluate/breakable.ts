/** Which checks a layer of the search space can break, as one literal table: what it cannot break is never called certified. */
import type { Replayer } from '#schemas/run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import type { Layer } from '#schemas/surface-fields.ts'

/**
 * `any`: every replayer can show it. `decides`: only where something is decided anew, which a trimmed transcript never
 * does and a harness of the user's own may. `never`: no replay shows it: the check reads what was recorded alone, or warns.
 */
export type Breaks = 'any' | 'decides' | 'never'

type Row = Readonly<Record<Layer, Breaks>>

/** Check x layer. Planner and prompt are answered by another recording of the case, which may differ in anything. */
export const BREAKS: Readonly<Record<Evaluator['check'], Row>> = {
  required_evidence: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  grounded_arguments: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  approval_honoured: {
    retrieval: 'decides',
    context_budget: 'decides',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'any',
  },
  must_refuse: {
    retrieval: 'decides',
    context_budget: 'decides',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  known_provenance: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  allowed_sources: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  allowed_tools: {
    retrieval: 'decides',
    context_budget: 'decides',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  confirmed_before_write: {
    retrieval: 'decides',
    context_budget: 'decides',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  context_diff: {
    retrieval: 'never',
    context_budget: 'never',
    planner: 'never',
    prompt: 'never',
    approval_gate: 'never',
  },
  decision_diff: {
    retrieval: 'never',
    context_budget: 'never',
    planner: 'never',
    prompt: 'never',
    approval_gate: 'never',
  },
  gold_coverage: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  operator_corrections: {
    retrieval: 'never',
    context_budget: 'never',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'never',
  },
  recorded_outcome: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  recorded_score: {
    retrieval: 'any',
    context_budget: 'any',
    planner: 'any',
    prompt: 'any',
    approval_gate: 'decides',
  },
  cost_cents: {
    retrieval: 'never',
    context_budget: 'never',
    planner: 'never',
    prompt: 'never',
    approval_gate: 'never',
  },
  latency_ms: {
    retrieval: 'never',
    context_budget: 'never',
    planner: 'never',
    prompt: 'never',
    approval_gate: 'never',
  },
}

/** Can a change in one of these layers make a check fail, as far as this replayer can show it? */
export const canBreak = (check: Evaluator['check'], layers: Iterable<Layer>, replayer: Replayer['kind']): boolean =>
  [...layers].some(
    (layer) => BREAKS[check][layer] === 'any' || (BREAKS[check][layer] === 'decides' && replayer !== 'transcript'),
  )
