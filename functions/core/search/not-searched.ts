/** Values of the search space that a run could not search, because no recording speaks about them: said, never left out. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import type { SettingValue } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { type TunableField, tunableFields } from '../space/lattice.ts'
import { isAtLeast } from '../statistics/compare.ts'

/** Longest value that is shown whole. */
const LONGEST = 40

type Tried = Pick<CandidateChange, 'patch'> & Pick<CandidateScore, 'fate' | 'reason'>

/** Of a run: its search space, or the hand-written changes that it tried. */
export function notSearchedBy(
  { pack, target, candidates }: Pick<AutotuneRun, 'pack' | 'target' | 'candidates'>,
  scored: readonly Tried[],
): string[] {
  const wanted = candidates === null ? (target.search_space ?? []) : scored.flatMap(({ patch }) => Object.keys(patch))
  const isOpen = ({ path, intents }: ContextPack['tunable_surfaces'][number]): boolean =>
    wanted.includes(path) && intents.includes(target.intent ?? '')
  const open = (pack?.tunable_surfaces ?? []).filter(isOpen).map(({ path }) => path)
  return notSearched(tunableFields(pack, target.intent!, open), scored)
}

/**
 * One line a surface and stretch of its values, in declared order: `evidence.orders.top_k 9 .. 20 not searched: 12 of 12 cases
 * cannot be replayed: ...`. A value is not searched where every change of that field alone to it, for all cases, ended
 * unreplayable. A prompt block that nobody tried is one too.
 */
export function notSearched(fields: readonly TunableField[], candidates: readonly Tried[]): string[] {
  return fields.flatMap(({ path, surface, values, baseline }) => {
    const tried = candidates.filter(({ patch }) => Object.keys(patch).length === 1 && patch[path]?.when === undefined)
    const of = tried.filter(({ patch }) => patch[path] !== undefined)
    if (surface.layer === 'prompt' && !candidates.some(({ patch }) => patch[path]))
      return [
        `${path} not searched: a prompt block is tried as a hand-written change (--candidates FILE) or by a proposer (--proposers blocks,sentences)`,
      ]
    const lost = new Map<SettingValue, string>()
    for (const { patch, fate, reason } of of) if (fate === 'unreplayable') lost.set(patch[path]!.to, reason)
    for (const { patch, fate } of of) if (fate !== 'unreplayable') lost.delete(patch[path]!.to)
    return stretches(surface.layer === 'prompt' ? [...lost.keys()] : values, lost).map(
      (stretch) => `${path} ${named(stretch)} not searched: ${nearestReason(stretch, lost, baseline)}`,
    )
  })
}

/** What is said beside such lines. */
export const PLAN_SAYS = 'autotune plan says what it takes to record it'

/** Neighbouring values that are lost, in declared order. */
function stretches(values: readonly SettingValue[], lost: ReadonlyMap<SettingValue, string>): SettingValue[][] {
  const found: SettingValue[][] = []
  let isOpen = false
  for (const value of values) {
    if (!lost.has(value)) isOpen = false
    else if (isOpen && typeof value === 'number') found.at(-1)!.push(value)
    else {
      found.push([value])
      isOpen = true
    }
  }
  return found
}

function named(stretch: readonly SettingValue[]): string {
  const text = (value: SettingValue): string => {
    const all = String(value)
    return all.length > LONGEST ? `${all.slice(0, LONGEST - 3)}...` : all
  }
  const [first, last] = [stretch[0]!, stretch.at(-1)!]
  return stretch.length === 1 ? text(first) : `${text(first)} .. ${text(last)}`
}

/** Why: as the value says that stands nearest to the baseline. */
function nearestReason(
  stretch: readonly SettingValue[],
  lost: ReadonlyMap<SettingValue, string>,
  baseline: SettingValue,
): string {
  const isAbove = typeof baseline !== 'number' || isAtLeast(stretch[0] as number, baseline)
  return lost.get((isAbove ? stretch[0] : stretch.at(-1))!)!
}
