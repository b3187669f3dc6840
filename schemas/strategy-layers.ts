/** Layers of a StrategyRule, and which surfaces each of them may set: the one table that settles upstream's names with ours. */
import type { Layer, SurfaceField } from './surface-fields.ts'

/** Upstream's six layers of a StrategyRule. */
export const RULE_LAYERS = [
  'prompt',
  'planner',
  'retrieval',
  'tool_selection',
  'memory_recall',
  'budget_allocation',
] as const
/** One of `RULE_LAYERS`. */
type RuleLayer = (typeof RULE_LAYERS)[number]

/** Our layer, and its field where one alone is meant; null: nothing here is of that layer. */
export const SURFACES_OF: Readonly<Record<RuleLayer, { readonly layer: Layer; readonly field?: SurfaceField } | null>> =
  {
    prompt: { layer: 'prompt' },
    planner: { layer: 'planner' },
    retrieval: { layer: 'retrieval' },
    tool_selection: { layer: 'planner', field: 'tool_preference' },
    memory_recall: null,
    budget_allocation: { layer: 'context_budget' },
  }

/** Most rules of one pack: a runtime asks each of them before a run. */
export const MOST_RULES = 50
