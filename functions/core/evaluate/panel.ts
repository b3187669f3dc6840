/** A set of cases with the baseline's measures pinned, and their families. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import type { Series } from '../statistics/series.ts'
import type { Measures } from './scorecard.ts'

/** What counting needs of a case; whoever replays it holds the rest. */
export type CaseHead = Pick<ReplayCase, 'case_id' | 'family_id' | 'digest'> & {
  /** What the binary floors had to look at, and said of the baseline (`floor-letters.ts`). Absent: not known. */
  readonly floors?: string
}

/**
 * Cases in id order with their families. Every count is over families: a family violates if any of its cases does,
 * and its utility is that of one case, chosen by hash so that nobody picks it.
 */
export interface Panel<C extends CaseHead = CaseHead> {
  readonly cases: Series<C>
  readonly baseline: Series<Measures>
  /** How many families there are. They are numbered in the order of their ids. */
  readonly families: number
  readonly familyOf: Int32Array
  /** Case that speaks for each family's utility. */
  readonly representative: Int32Array
}

/** Panel of cases and their baseline measures, in any order: the result is ordered by case id. */
export function makePanel<C extends CaseHead>(cases: Series<C>, baseline: Series<Measures>): Panel<C> {
  const order = orderOf(cases)
  if (order === null) return { cases, baseline, ...familiesOf(cases) }
  const sorted = order.map((i) => cases.at(i)!)
  return { cases: sorted, baseline: order.map((i) => baseline.at(i)!), ...familiesOf(sorted) }
}

/** Indices in case order; null when the cases stand in it already. */
function orderOf(cases: Series<CaseHead>): number[] | null {
  let previous: string | null = null
  let isOrdered = true
  for (const { case_id } of cases) {
    isOrdered &&= previous === null || byCodeUnit(previous, case_id) <= 0
    previous = case_id
  }
  if (isOrdered) return null
  const ids = Array.from(cases, (c) => c.case_id)
  return ids.map((_, i) => i).sort((a, b) => byCodeUnit(ids[a]!, ids[b]!))
}

function familiesOf(cases: Series<CaseHead>): Pick<Panel, 'families' | 'familyOf' | 'representative'> {
  const seen = new Map<string, number>()
  const firstSeen = new Int32Array(cases.length)
  let at = 0
  for (const { family_id } of cases) {
    let number = seen.get(family_id)
    if (number === undefined) {
      number = seen.size
      seen.set(family_id, number)
    }
    firstSeen[at++] = number
  }
  const rank = new Int32Array(seen.size)
  for (const [i, family] of [...seen.keys()].sort(byCodeUnit).entries()) rank[seen.get(family)!] = i
  const familyOf = firstSeen.map((number) => rank[number]!)
  const representative = new Int32Array(seen.size).fill(-1)
  /** Keys of families that have more cases than one. */
  const chosen = new Map<number, string>()
  const keyOf = ({ family_id, case_id }: CaseHead): string => digestOf([family_id, case_id])
  familyOf.forEach((family, i) => {
    const other = representative[family]!
    if (other < 0) {
      representative[family] = i
      return
    }
    const key = keyOf(cases.at(i)!)
    const best = chosen.get(family) ?? keyOf(cases.at(other)!)
    chosen.set(family, key < best ? key : best)
    if (key < best) representative[family] = i
  })
  return { families: seen.size, familyOf, representative }
}

/** Cases by family: those of family f stand in `order` from `first[f]` up to `first[f + 1]`, in case order. */
export function byFamily({ families, familyOf }: Panel): { readonly order: Int32Array; readonly first: Int32Array } {
  const first = new Int32Array(families + 1)
  for (const family of familyOf) first[family + 1]!++
  for (let f = 0; f < families; f++) first[f + 1]! += first[f]!
  const next = first.slice()
  const order = new Int32Array(familyOf.length)
  familyOf.forEach((family, i) => {
    order[next[family]!++] = i
  })
  return { order, first }
}

/** Ids of the families of a panel, in their order. */
export function* familyIds({ cases, representative }: Panel): Generator<string> {
  for (const i of representative) yield cases.at(i)!.family_id
}

/** Ids of the cases of which something holds, by their index. */
export function casesWhere({ cases }: Panel, holds: (index: number) => boolean): string[] {
  const ids: string[] = []
  for (let i = 0; i < cases.length; i++) if (holds(i)) ids.push(cases.at(i)!.case_id)
  return ids
}
