/** Blast radius: how much of the harness, of the contexts and of the decisions a change touches. */
import type { BlastRadius } from '#schemas/candidate.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import { LAYER_WEIGHTS } from '#schemas/surface-fields.ts'
import { isWithin } from '../statistics/compare.ts'
import type { TunableField } from './lattice.ts'

/** One field of B_config: weight, candidate and baseline value, and the field's range. */
interface ConfigField {
  readonly weight: number
  readonly baseline: number
  readonly candidate: number
  readonly min: number
  readonly max: number
}

/** sum w |x - b| / (max - min) / sum w over all declared fields (Gower 1971); a field with one value adds nothing. */
export function configDistance(fields: readonly ConfigField[]): number {
  let moved = 0
  let weights = 0
  for (const { weight, baseline, candidate, min, max } of fields) {
    weights += weight
    if (max !== min) moved += (weight * Math.abs(candidate - baseline)) / (max - min)
  }
  return weights === 0 ? 0 : moved / weights
}

/** B_config of a patch over the declared fields. Numbers by range, choices 0 or 1, prompt blocks by edited words. */
export function configRadius(fields: readonly TunableField[], patch: Patch): number {
  return configDistance(
    fields.map(({ surface, path, baseline, values }) => {
      const weight = surface.weight ?? LAYER_WEIGHTS[surface.layer]
      const to = patch[path]?.to ?? baseline
      if (surface.layer === 'prompt') {
        const share = Math.min(
          1,
          wordEdits(String(baseline), String(to)) / Math.max(1, surface.bounds.max_added_tokens),
        )
        return { weight, baseline: 0, candidate: share, min: 0, max: 1 }
      }
      if (typeof baseline === 'number')
        return { weight, baseline, candidate: to as number, min: values[0] as number, max: values.at(-1) as number }
      return { weight, baseline: 0, candidate: same(to, baseline) ? 0 : 1, min: 0, max: 1 }
    }),
  )
}

const same = (a: SettingValue, b: SettingValue): boolean => a === b

/** Words added plus words removed, as multisets: the order of edits does not matter here. */
function wordEdits(before: string, after: string): number {
  const count = new Map<string, number>()
  for (const word of before.split(/\s+/)) count.set(word, (count.get(word) ?? 0) + 1)
  for (const word of after.split(/\s+/)) count.set(word, (count.get(word) ?? 0) - 1)
  return [...count.values()].reduce((edits, n) => edits + Math.abs(n), 0)
}

/** Why a candidate's reach blocks it, or null. */
export function radiusBlock(radius: BlastRadius, limits: { max_fields: number; max_decision: number }): string | null {
  if (!isWithin(radius.fields, 0, limits.max_fields))
    return `changes ${radius.fields} fields, at most ${limits.max_fields} are allowed`
  if (!isWithin(radius.b_decision, 0, limits.max_decision))
    return `changes ${(radius.b_decision * 100).toFixed(1)} % of decisions, at most ${(limits.max_decision * 100).toFixed(1)} % are allowed`
  return null
}
