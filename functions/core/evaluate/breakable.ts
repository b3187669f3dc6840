/** Which checks a layer of the search space can break, as one literal table: what it cannot break is never called certified. */
import type { Replayer } from '#schemas/run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import { LAYERS, type Layer } from '#schemas/surface-fields.ts'

/**
 * `any`: every replayer can show it. `decides`: only where something is decided anew, which a trimmed transcript never
 * does and a harness of the user's own may. `never`: no replay shows it: the check reads what was recorded alone, or warns.
 */
export type Breaks = 'any' | 'decides' | 'never'

/** In the order of `LAYERS`: retrieval, context budget, planner, prompt, approval gate. */
type Row = readonly [Breaks, Breaks, Breaks, Breaks, Breaks]

/** Check x layer. Planner and prompt are answered by another recording of the case, which may differ in anything. */
export const BREAKS: Readonly<Record<Evaluator['check'], Row>> = {
  required_evidence: ['any', 'any', 'any', 'any', 'decides'],
  grounded_arguments: ['any', 'any', 'any', 'any', 'decides'],
  approval_honoured: ['decides', 'decides', 'any', 'any', 'any'],
  must_refuse: ['decides', 'decides', 'any', 'any', 'decides'],
  known_provenance: ['any', 'any', 'any', 'any', 'decides'],
  allowed_sources: ['any', 'any', 'any', 'any', 'decides'],
  allowed_tools: ['decides', 'decides', 'any', 'any', 'decides'],
  confirmed_before_write: ['decides', 'decides', 'any', 'any', 'decides'],
  context_diff: ['never', 'never', 'never', 'never', 'never'],
  decision_diff: ['never', 'never', 'never', 'never', 'never'],
  gold_coverage: ['any', 'any', 'any', 'any', 'decides'],
  operator_corrections: ['never', 'never', 'any', 'any', 'never'],
  recorded_outcome: ['any', 'any', 'any', 'any', 'decides'],
  recorded_score: ['any', 'any', 'any', 'any', 'decides'],
  cost_cents: ['never', 'never', 'never', 'never', 'never'],
  latency_ms: ['never', 'never', 'never', 'never', 'never'],
}

/** Can a change in one of these layers make a check fail, as far as this replayer can show it? */
export const canBreak = (check: Evaluator['check'], layers: readonly Layer[], replayer: Replayer['kind']): boolean =>
  layers.some((layer) => {
    const breaks = BREAKS[check][LAYERS.indexOf(layer)]
    return breaks === 'any' || (breaks === 'decides' && replayer !== 'transcript')
  })
