/** Which search families a change for some cases reaches: counted while their baseline is replayed, where cases are at hand. */
import type { AppliesTo, CandidateChange } from '#schemas/candidate.ts'
import type { Condition } from '#schemas/condition.ts'
import { canonical } from '../canonical.ts'
import { attributesOf, type Described, holds, scopeOf } from './scope.ts'

/** By canonical condition. */
export type ScopeCounts = Readonly<Record<string, AppliesTo>>

/** Whether each condition holds for a case, in their order; null: what it reads is not recorded. */
export type ScopesHold = readonly (boolean | null)[]

/** Counts of one condition while cases pass. */
interface Count {
  readonly when: Condition
  readonly inside: Set<string>
  readonly unknown: Set<string>
  cases: number
}

export class Scopes {
  readonly #counts = new Map<string, Count>()
  readonly #families = new Set<string>()
  #cases = 0

  constructor(changes: readonly Pick<CandidateChange, 'patch'>[] | null) {
    for (const { patch } of changes ?? []) {
      const when = scopeOf(patch)
      if (when !== null) this.#counts.set(canonical(when), { when, inside: new Set(), unknown: new Set(), cases: 0 })
    }
  }

  /** Is there anything to count? Otherwise no case need be read for it. */
  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  add(one: Described & { readonly family_id: string }): void {
    this.count(one.family_id, this.look(one))
  }

  /** What a case says, by itself. */
  look(one: Described): ScopesHold {
    const attributes = attributesOf(one)
    return [...this.#counts.values()].map(({ when }) => holds(when, attributes))
  }

  /** Counts what a case of a family said. */
  count(family_id: string, hold: ScopesHold): void {
    this.#families.add(family_id)
    this.#cases++
    for (const [i, count] of [...this.#counts.values()].entries()) {
      const said = hold[i]!
      if (said === null) count.unknown.add(family_id)
      if (said !== true) continue
      count.inside.add(family_id)
      count.cases++
    }
  }

  counts(): { readonly scopes?: ScopeCounts } {
    if (this.isEmpty) return {}
    const all = { of: this.#families.size, of_cases: this.#cases }
    const counted = [...this.#counts].map(([name, { inside, unknown, cases }]): [string, AppliesTo] => [
      name,
      { families: inside.size, cases, unknown: unknown.difference(inside).size, ...all },
    ])
    return { scopes: Object.fromEntries(counted) }
  }
}

/** How far a change reaches; null: it is for all cases, or nobody counted. */
export function reachOf(patch: CandidateChange['patch'], scopes: ScopeCounts | undefined): AppliesTo | null {
  const when = scopes && scopeOf(patch)
  return when ? (scopes[canonical(when)] ?? null) : null
}

/** `applies to 12 of 40 families; 3 do not record what it reads`. */
export function reachLine({ families, of, unknown }: AppliesTo): string {
  const untold =
    unknown === 0 ? '' : `; of ${unknown} nobody can tell, as what it reads is not recorded: it does not hold there`
  return `applies to ${families} of ${of} families${untold}`
}
