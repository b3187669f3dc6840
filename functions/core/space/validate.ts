/** Bounds of hand-written changes: everything a patch may not do, as reasons a person can act on. */
import type { CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import type { SettingValue } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { PROPOSERS, REFLECT } from '#schemas/proposers.ts'
import { MOST_RULES } from '#schemas/strategy-layers.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { MOST_TEXT } from '#schemas/surface-fields.ts'
import { canonical } from '../canonical.ts'
import { asCandidate, valuesOf } from './lattice.ts'
import { promptProblems } from './prompt/bounds.ts'
import type { CountTokens } from './prompt/tokens.ts'
import { patchedPack } from './scope.ts'
import { ruleProblems } from './strategy-rule.ts'
import { typedPatch } from './typed-patch.ts'
import { bothCut, cut } from './where-they-differ.ts'

/** A typed candidate, or every reason why the change is out of bounds. */
export function boundedChange(
  change: HandWrittenChange,
  pack: ContextPack,
  intent: string,
  searchSpace: readonly string[],
  count: CountTokens,
): { candidate: CandidateChange } | { problems: string[] } {
  const problems: string[] = []
  const patch = typedPatch(change.patch, pack)
  for (const [path, given] of Object.entries(change.patch)) {
    const surface = pack.tunable_surfaces.find((s) => s.path === path)
    const typed = patch[path]
    if (!surface || typed === undefined) {
      problems.push(`"${cut(path)}" has no tunable surface in ${pack.pack}: no code path may change it`)
      continue
    }
    if (!surface.intents.includes(intent))
      problems.push(`"${path}" is not open to intent "${intent}" (only ${surface.intents.join(', ')})`)
    else if (!searchSpace.includes(path)) problems.push(`"${path}" is not in the target's search_space`)
    const from = typeof given === 'object' ? given.from : undefined
    const { from: now, to } = typed
    if (from !== undefined && from !== now) {
      const [is, not] = typeof now === 'string' && typeof from === 'string' ? bothCut(now, from) : [now, from]
      problems.push(`"${path}" is ${valueWords(is)} in ${pack.pack}, not ${valueWords(not)}`)
    }
    if (to === now) problems.push(`"${path}" already is ${valueWords(to)}`)
    for (const outside of outOfBounds(surface, now, to, count)) problems.push(`"${path}": ${outside}`)
  }
  if (new Set(Object.values(patch).map(({ when }) => canonical(when ?? null))).size > 1)
    problems.push(
      'the change is for some cases in one place and for others in another: write a change for each condition',
    )
  const { rules = [] } = patchedPack(pack, patch)
  if (rules.length > MOST_RULES)
    problems.push(
      `${pack.pack} has ${pack.rules?.length ?? 0} rules, and a pack has at most ${MOST_RULES}: change a rule's own condition, or publish a pack with fewer`,
    )
  if (Object.keys(change.patch).length === 0) problems.push('the change has an empty patch')
  if (change.strategy_rule) problems.push(...ruleProblems(change.strategy_rule, Object.keys(patch), pack, intent))
  const { origin, strategy_rule, prediction, rationale = 'hand-written change' } = change
  if (origin !== undefined && OWN_ORIGINS.includes(origin.normalize('NFKC').trim().toLowerCase()))
    problems.push(
      `"origin" is "${origin}", which names candidates of this program, or of a person by hand: say who proposed it`,
    )
  return problems.length > 0
    ? { problems }
    : {
        candidate: {
          ...asCandidate(patch, pack, rationale),
          ...(origin === undefined ? {} : { origin }),
          ...(strategy_rule === undefined ? {} : { strategy_rule }),
          ...(prediction === undefined ? {} : { prediction }),
        },
      }
}

/** What this program calls its own candidates, and those of people who name nobody. */
const OWN_ORIGINS: readonly string[] = ['search', 'sampled', 'hand_written', ...PROPOSERS, REFLECT]

function outOfBounds(surface: TunableSurface, baseline: SettingValue, to: SettingValue, count: CountTokens): string[] {
  if (surface.layer === 'prompt') {
    if (typeof to !== 'string') return [`an instruction block is text, not a ${typeof to}`]
    return to.length > MOST_TEXT
      ? [`the block has ${to.length} characters, and a setting has at most ${MOST_TEXT}`]
      : promptProblems(surface.bounds, String(baseline), to, count)
  }
  const values = valuesOf(surface)
  if (values.includes(to)) return []
  if (typeof to !== typeof values[0])
    return [`${valueWords(to)} is a ${typeof to}, the field takes a ${typeof values[0]}`]
  if (typeof to === 'string') return [`${valueWords(to)} is not one of ${values.join(', ')}`]
  const { min, max } = { min: values[0] as number, max: values.at(-1) as number }
  if ((to as number) < min || (to as number) > max) return [`${to} is outside ${min}..${max}`]
  return [`${to} is off the step: allowed are ${values.slice(0, 4).join(', ')}, ... ${max}`]
}

/** A value in a sentence: of a long text the beginning. */
const valueWords = (value: SettingValue): string => JSON.stringify(typeof value === 'string' ? cut(value) : value)
