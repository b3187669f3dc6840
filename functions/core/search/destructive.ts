/** The most destructive values that the bounds of a surface allow: what a negative control sets it to. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { TunableField } from '../space/lattice.ts'

/**
 * Values other than the baseline's, the worst first. A number breaks most at its ends: the least evidence, budget or hops,
 * or the most of them (a passage of a forbidden source comes in); a threshold where it asks for the fewest approvals. Of a
 * choice nobody knows which one is worst, so it is each of them; of a prompt, each text that was written by hand.
 */
export function destructiveValues(
  { surface, path, baseline, values }: TunableField,
  candidates: readonly CandidateChange[] | null,
): SettingValue[] {
  if (surface.layer === 'prompt') {
    const written = (candidates ?? []).flatMap(({ patch }) => (patch[path] ? [patch[path].to] : []))
    return [...new Set(written)].filter((value) => value !== baseline)
  }
  if (typeof values[0] !== 'number') return values.filter((value) => value !== baseline)
  const ends = [values[0]!, values.at(-1)!]
  const worstFirst = surface.layer === 'approval_gate' ? ends.toReversed() : ends
  return [...new Set(worstFirst)].filter((value) => value !== baseline)
}

/** Every field at its worst value at once. */
export const worstTogether = (fields: readonly TunableField[], candidates: readonly CandidateChange[] | null): Patch =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const [to] = destructiveValues(field, candidates)
      return to === undefined ? [] : [[field.path, { from: field.baseline, to }]]
    }),
  )

/**
 * A value beyond the bounds at which a surface does the most harm there is: no evidence, no budget, nobody asked. Only a
 * control goes there, and only to see whether the records would show it. Null: a choice has nothing beyond it.
 * @param isLive a model is asked live: it can be asked without a prompt block at all, which no recording answers
 */
export function beyondBounds({ surface, values }: TunableField, isLive: boolean): SettingValue | null {
  if (surface.layer === 'prompt') return isLive ? '' : null
  const [least] = values
  if (typeof least !== 'number') return null
  if (surface.layer === 'approval_gate') return Number.MAX_SAFE_INTEGER
  return least > 0 ? 0 : null
}

/** The same of every field that has such a value, the others at their worst. */
export const ruinTogether = (
  fields: readonly TunableField[],
  candidates: readonly CandidateChange[] | null,
  isLive: boolean,
): Patch => ({
  ...worstTogether(fields, candidates),
  ...Object.fromEntries(
    fields.flatMap((field) => {
      const to = beyondBounds(field, isLive)
      return to === null ? [] : [[field.path, { from: field.baseline, to }]]
    }),
  ),
})

/** Every field at the last of its destructive values: the most evidence, the largest budget. */
export const farTogether = (fields: readonly TunableField[], candidates: readonly CandidateChange[] | null): Patch =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const to = destructiveValues(field, candidates).at(-1)
      return to === undefined ? [] : [[field.path, { from: field.baseline, to }]]
    }),
  )

/** Most combinations of choices that a control tries for one surface. */
const COMBINATIONS = 64

/** Values of a choice beside those of the other choices: a planner may be recorded only with the tools that it was made for. */
export function choicesTogether(
  field: TunableField,
  fields: readonly TunableField[],
  candidates: readonly CandidateChange[] | null,
): Patch[] {
  const isChoice = (f: TunableField) => f.surface.layer === 'planner' || f.surface.layer === 'prompt'
  if (!isChoice(field)) return []
  let patches: Patch[] = destructiveValues(field, candidates).map((to) => ({
    [field.path]: { from: field.baseline, to },
  }))
  for (const other of fields) {
    if (other.path === field.path || !isChoice(other)) continue
    const values = destructiveValues(other, candidates)
    patches = patches.flatMap((patch) => [
      patch,
      ...values.map((to) => ({ ...patch, [other.path]: { from: other.baseline, to } })),
    ])
  }
  return patches.filter((patch) => Object.keys(patch).length > 1).slice(0, COMBINATIONS)
}
