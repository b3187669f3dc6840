/** A hand-written change as a typed patch: what each of its settings is now, and what it shall be. Holds it to no bounds. */
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { Condition } from '#schemas/condition.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { canonical } from '../canonical.ts'

/** Without the paths that a pack has no setting and no surface for. */
export function typedPatch(given: HandWrittenChange['patch'], pack: ContextPack): Patch {
  const patch: Record<string, Patch[string]> = {}
  for (const [path, value] of Object.entries(given)) {
    const baseline = pack.settings[path]
    if (baseline === undefined || !pack.tunable_surfaces.some((s) => s.path === path)) continue
    const { to, when } = typeof value === 'object' ? value : { to: value, when: undefined }
    patch[path] = { from: ruleOf(pack, when)?.settings[path] ?? baseline, to, ...(when !== undefined && { when }) }
  }
  return patch
}

/** The rule of a pack for the cases of a condition: what those have now, it says. */
const ruleOf = ({ rules }: ContextPack, when: Condition | undefined) =>
  when === undefined ? undefined : rules?.findLast((rule) => canonical(rule.when) === canonical(when))
