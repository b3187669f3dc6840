/** A set of cases with the baseline's measures pinned, and their families. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { TextNumbers } from '../bytes/text-numbers.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import { mac } from '../mac.ts'
import { fieldOf, type Series } from '../statistics/series.ts'
import type { Measures } from './scorecard.ts'

/** What counting needs of a case; whoever replays it holds the rest. */
export type CaseHead = Pick<ReplayCase, 'case_id' | 'family_id' | 'digest'> & {
  /** What the binary floors had to look at, and said of the baseline (`floor-letters.ts`). Absent: not known. */
  readonly floors?: string
}

/**
 * Cases in id order with their families. Every count is over families: a family violates if any of its cases does,
 * and its utility is that of one case, drawn by key so that nobody picks it.
 */
export interface Panel<C extends CaseHead = CaseHead> {
  readonly cases: Series<C>
  readonly baseline: Series<Measures>
  /** How many families there are. They are numbered in the order of their ids. */
  readonly families: number
  readonly familyOf: Int32Array
  /** One case of each family, whatever its label: the decision that a count of decisions above a limit reads. */
  readonly representative: Int32Array
  /** Case that speaks for each family's utility: one whose label stands, where it has such a case. */
  readonly speaking: Int32Array
}

/**
 * Panel of cases and their baseline measures, in any order: the result is ordered by case id.
 * @param draw key of the draw (`drawOf`); absent: that of version 0.2.0, by names alone and before labels were looked at
 */
export function makePanel<C extends CaseHead>(cases: Series<C>, baseline: Series<Measures>, draw?: string): Panel<C> {
  const order = orderOf(cases)
  const sorted = order === null ? cases : order.map((i) => cases.at(i)!)
  const measures = order === null ? baseline : order.map((i) => baseline.at(i)!)
  const families = familiesOf(sorted)
  const speaking = draw === undefined ? families.representative : speakingOf(sorted, measures, families, draw)
  return { cases: sorted, baseline: measures, ...families, speaking }
}

/**
 * Draws the case that speaks for each family among those whose label stands (the held-out gate, "Words"). A label that is
 * disputed or missing measures nothing; a family without another is represented, and counts nowhere.
 */
function speakingOf(
  cases: Series<CaseHead>,
  baseline: Series<Measures>,
  { familyOf, representative }: Pick<Panel, 'familyOf' | 'representative'>,
  draw: string,
): Int32Array {
  const codeOf = mac(draw)
  const code = (i: number): string => codeOf(JSON.stringify([cases.at(i)!.family_id, cases.at(i)!.case_id]))
  const label = fieldOf(baseline, 'utility_passed')
  const drawn = new Int32Array(representative.length).fill(-1)
  /** Least codes of families with more labels than one. */
  const least = new Map<number, string>()
  familyOf.forEach((family, i) => {
    if (label(i) === null) return
    const other = drawn[family]!
    if (other < 0) {
      drawn[family] = i
      return
    }
    const own = code(i)
    const before = least.get(family) ?? code(other)
    least.set(family, own < before ? own : before)
    if (own < before) drawn[family] = i
  })
  return drawn.map((i, family) => (i < 0 ? representative[family]! : i))
}

/** Indices in case order; null when the cases stand in it already. */
function orderOf(cases: Series<CaseHead>): number[] | null {
  const idAt = fieldOf(cases, 'case_id')
  let previous: string | null = null
  let isOrdered = true
  for (let i = 0; i < cases.length; i++) {
    const case_id = idAt(i)
    isOrdered &&= previous === null || byCodeUnit(previous, case_id) <= 0
    previous = case_id
  }
  if (isOrdered) return null
  const ids = Array.from(cases, (c) => c.case_id)
  return ids.map((_, i) => i).sort((a, b) => byCodeUnit(ids[a]!, ids[b]!))
}

function familiesOf(cases: Series<CaseHead>): Pick<Panel, 'families' | 'familyOf' | 'representative'> {
  const numbers = new TextNumbers()
  const firstSeen = new Int32Array(cases.length)
  const firstCase = new Int32Array(cases.length)
  const familyAt = fieldOf(cases, 'family_id')
  for (let at = 0; at < cases.length; at++) {
    const known = numbers.size
    const number = numbers.add(familyAt(at))
    if (number === known) firstCase[number] = at
    firstSeen[at] = number
  }
  const families = numbers.size
  const rank = rankOf(Array.from(firstCase.subarray(0, families), familyAt))
  const familyOf = firstSeen.map((number) => rank[number]!)
  const representative = new Int32Array(families).fill(-1)
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
  return { families, familyOf, representative }
}

/** Place of each id in their order. */
function rankOf(ids: readonly string[]): Int32Array {
  const order = Int32Array.from(ids, (_, i) => i).sort((a, b) => byCodeUnit(ids[a]!, ids[b]!))
  const rank = new Int32Array(ids.length)
  for (const [place, i] of order.entries()) rank[i] = place
  return rank
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
  const familyAt = fieldOf(cases, 'family_id')
  for (const i of representative) yield familyAt(i)
}

/** Ids that were made of the cases of a panel: several candidates change the same ones. */
const idsOf = new WeakMap<Panel['cases'], string[]>()

/** Ids of the cases of which something holds, by their index. */
export function casesWhere({ cases }: Panel, holds: (index: number) => boolean): string[] {
  const known = idsOf.get(cases) ?? new Array<string>(cases.length)
  idsOf.set(cases, known)
  const ids: string[] = []
  const idAt = fieldOf(cases, 'case_id')
  for (let i = 0; i < cases.length; i++)
    if (holds(i)) {
      known[i] ??= idAt(i)
      ids.push(known[i]!)
    }
  return ids
}
