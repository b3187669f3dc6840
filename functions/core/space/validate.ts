/** Bounds of hand-written changes: everything a patch may not do, as reasons a person can act on. */
import type { CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { canonical } from '../canonical.ts'
import { asCandidate, valuesOf } from './lattice.ts'
import { ruleProblems } from './strategy-rule.ts'

/** Tokens of a prompt block: ceil(chars/4), the rule for every text without recorded tokens. */
const tokensOf = (text: string): number => Math.ceil(text.length / 4)

/** A typed candidate, or every reason why the change is out of bounds. */
export function boundedChange(
  change: HandWrittenChange,
  pack: ContextPack,
  intent: string,
  searchSpace: readonly string[],
): { candidate: CandidateChange } | { problems: string[] } {
  const problems: string[] = []
  const patch: Record<string, Patch[string]> = {}
  for (const [path, given] of Object.entries(change.patch)) {
    const surface = pack.tunable_surfaces.find((s) => s.path === path)
    const baseline = pack.settings[path]
    if (!surface || baseline === undefined) {
      problems.push(`"${path}" has no tunable surface in ${pack.pack}: no code path may change it`)
      continue
    }
    if (!surface.intents.includes(intent))
      problems.push(`"${path}" is not open to intent "${intent}" (only ${surface.intents.join(', ')})`)
    else if (!searchSpace.includes(path)) problems.push(`"${path}" is not in the target's search_space`)
    const { from = baseline, to, when } = typeof given === 'object' ? given : { to: given }
    if (from !== baseline)
      problems.push(`"${path}" is ${JSON.stringify(baseline)} in ${pack.pack}, not ${JSON.stringify(from)}`)
    if (to === baseline) problems.push(`"${path}" already is ${JSON.stringify(to)}`)
    const outside = outOfBounds(surface, baseline, to)
    if (outside) problems.push(`"${path}": ${outside}`)
    patch[path] = { from: baseline, to, ...(when !== undefined && { when }) }
  }
  if (new Set(Object.values(patch).map(({ when }) => canonical(when ?? null))).size > 1)
    problems.push(
      'the change is for some cases in one place and for others in another: write a change for each condition',
    )
  if (Object.keys(change.patch).length === 0) problems.push('the change has an empty patch')
  if (change.strategy_rule) problems.push(...ruleProblems(change.strategy_rule, Object.keys(patch), pack, intent))
  const { origin, strategy_rule, rationale = 'hand-written change' } = change
  if (origin !== undefined && OWN_ORIGINS.includes(origin))
    problems.push(`"origin" is "${origin}", which names this program's own search: say who proposed it`)
  return problems.length > 0
    ? { problems }
    : {
        candidate: {
          ...asCandidate(patch, pack, rationale),
          ...(origin === undefined ? {} : { origin }),
          ...(strategy_rule === undefined ? {} : { strategy_rule }),
        },
      }
}

/** What this program calls its own candidates. */
const OWN_ORIGINS: readonly string[] = ['search', 'sampled']

function outOfBounds(surface: TunableSurface, baseline: SettingValue, to: SettingValue): string | null {
  if (surface.layer === 'prompt') return promptProblem(surface.bounds, String(baseline), to)
  const values = valuesOf(surface)
  if (values.includes(to)) return null
  if (typeof to !== typeof values[0])
    return `${JSON.stringify(to)} is a ${typeof to}, the field takes a ${typeof values[0]}`
  if (typeof to === 'string') return `"${to}" is not one of ${values.join(', ')}`
  const { min, max } = { min: values[0] as number, max: values.at(-1) as number }
  if ((to as number) < min || (to as number) > max) return `${to} is outside ${min}..${max}`
  return `${to} is off the step: allowed are ${values.slice(0, 4).join(', ')}, ... ${max}`
}

function promptProblem(
  bounds: { max_added_tokens: number; forbidden_terms: readonly string[] },
  baseline: string,
  to: SettingValue,
): string | null {
  if (typeof to !== 'string') return `an instruction block is text, not a ${typeof to}`
  const added = tokensOf(to) - tokensOf(baseline)
  if (added > bounds.max_added_tokens)
    return `the block grows by ${added} tokens, at most ${bounds.max_added_tokens} may be added`
  const term = bounds.forbidden_terms.find((t) => to.toLowerCase().includes(t.toLowerCase()))
  if (term) return `the block holds the forbidden term "${term}"`
  // A rewrite of the whole block is not a bounded change: at least half of the words must stay.
  const left = new Map<string, number>()
  for (const word of to.toLowerCase().split(/\s+/)) left.set(word, (left.get(word) ?? 0) + 1)
  const before = baseline.toLowerCase().split(/\s+/).filter(Boolean)
  let kept = 0
  for (const word of before) {
    const times = left.get(word) ?? 0
    if (times > 0) kept++
    left.set(word, times - 1)
  }
  return kept * 2 < before.length
    ? `only ${kept} of ${before.length} words of the block stay: a whole-prompt rewrite cannot win`
    : null
}
