/** A StrategyRule as the change that it proposes, and what of it the pack does not allow. */
import type { HandWrittenChange, RuleOrigin } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { SURFACES_OF } from '#schemas/strategy-layers.ts'
import type { StrategyRule } from '#schemas/strategy-rule.ts'

/** The typed patch of a rule, for the cases of its condition. Whether it stays within bounds is asked like of any other. */
export function changeOfRule({
  strategy_rule_id,
  producer,
  applies_to: { intent },
  trigger: { from_insight },
  condition,
  action: { layer, set },
  evidence_refs,
  rationale,
}: StrategyRule): HandWrittenChange {
  const patch = Object.entries(set).map(([path, to]) => [path, condition === undefined ? to : { to, when: condition }])
  return {
    patch: Object.fromEntries(patch) as HandWrittenChange['patch'],
    rationale,
    origin: producer,
    strategy_rule: { strategy_rule_id, intent, layer, from_insight, evidence_refs },
  }
}

/** What of a rule stands against a pack and the intent of a target, each with the field and what to do. */
export function ruleProblems(
  { intent: of, layer }: RuleOrigin,
  paths: readonly string[],
  { tunable_surfaces, pack }: ContextPack,
  intent: string,
): string[] {
  const problems: string[] = []
  if (of !== intent)
    problems.push(
      `applies_to.intent is "${of}", and the target is about "${intent}": propose it for a target of "${of}"`,
    )
  const wanted = SURFACES_OF[layer]
  if (wanted === null)
    problems.push(`action.layer "${layer}" has no surface in any pack: name the layer of the settings that it changes`)
  for (const path of wanted === null ? [] : paths) {
    const surface = tunable_surfaces.find((s) => s.path === path)
    if (!surface || (surface.layer === wanted!.layer && (wanted!.field ?? surface.field) === surface.field)) continue
    problems.push(
      `action.set: "${path}" is of layer ${surface.layer} (${surface.field}) in ${pack}, and action.layer is "${layer}"`,
    )
  }
  return problems
}
