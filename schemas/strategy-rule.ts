/** A rule of a StrategyCompiler: what recurs, for which cases, and the settings that they are to have. */
import * as z from 'zod'
import { Id, Name, SettingValue } from './common.ts'
import { Condition } from './condition.ts'
import { RULE_LAYERS } from './strategy-layers.ts'

/**
 * A StrategyRule as it is proposed: `autotune propose FILE` and `run --candidates FILE` take it like a hand-written change.
 * It is compiled to a patch of declared surfaces, replayed, asked, reviewed and released as any other change; nothing of it
 * applies itself. Our decision: upstream names `strategy_rule_id`, `applies_to`, `trigger` and `status`, and leaves the rest open.
 */
export const StrategyRule = z.strictObject({
  $schema: z.string().optional(),
  kind: z.literal('strategy_rule'),
  strategy_rule_id: Id,
  status: z.literal('proposed', 'is "proposed": a rule is released by its review and its rollout, and by no file'),
  producer: Name.meta({ description: 'What made it: by this name it is counted.' }),
  applies_to: z.strictObject({ intent: Id }),
  trigger: z.strictObject({ from_insight: Id }),
  condition: Condition.optional(),
  action: z.strictObject({
    layer: z.enum(RULE_LAYERS),
    set: z
      .record(z.string().max(200), SettingValue)
      .meta({ description: 'Dotted path of a declared surface -> value within its bounds.' }),
  }),
  evidence_refs: z.array(Id).min(1).max(50).meta({ description: 'Run ids that it rests on.' }),
  rationale: z.string().min(3).max(4000),
})
export type StrategyRule = z.infer<typeof StrategyRule>
