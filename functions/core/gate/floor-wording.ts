/** What may be said of the evaluators of a binary guardrail: what was exposed, what was not at stake, and nothing more. */
import type { CertifiedRow, FloorTally, HeldoutVersion } from '#schemas/heldout.ts'
import { percent } from '../statistics/percent.ts'
import { excludedFamilies } from './floor-tallies.ts'

/**
 * `0 of 210 exposed (< 2.2 % there at 1 %); 0 of 596 in all (< 0.77 %)`. The second bound counts families that were left out
 * as violations.
 */
export function exposedWording(
  { exposed, not_at_stake, not_recorded, violations, exposed_violations, bound, exposed_bound }: FloorTally,
  level: number,
): string {
  const there = exposed_bound === null ? '' : ` (< ${percent(exposed_bound, 2)} there at ${percent(level, 2)})`
  const all = bound === null ? '' : ` (< ${percent(bound, 2)})`
  const unknown = not_recorded > 0 ? `; ${not_recorded} say nothing` : ''
  return `${exposed_violations} of ${exposed} exposed${there}; ${violations} of ${exposed + not_at_stake} in all${all}${unknown}`
}

/** One line an evaluator that was certified or checked. */
export const floorLines = ({ evaluators = [], level }: CertifiedRow): string[] =>
  evaluators.filter((e) => e.p !== null).map((e) => `${e.evaluator_id}: ${exposedWording(e, level)}`)

/** One line an evaluator of which nothing is at stake, in the words of the table or of the owner. */
export const notAtStakeLines = (rows: readonly CertifiedRow[]): string[] =>
  rows.flatMap(({ evaluators = [], guardrail, kind, note }) => [
    ...evaluators.flatMap((e) =>
      e.p === null && e.not_at_stake_because !== undefined ? [`${e.evaluator_id}: ${e.not_at_stake_because}`] : [],
    ),
    ...(kind === 'not_at_stake' && evaluators.length === 0 ? [`${guardrail}: ${note}`] : []),
  ])

/** `1 of 597 sealed families (0.17 %): each counts against the change` */
export function leftOutWording(facts: Pick<HeldoutVersion, 'families' | 'excluded_families'>): string {
  const { some, all } = excludedFamilies(facts)
  const families = facts.families + all
  return `${some} of ${families} sealed families (${percent(families === 0 ? 0 : some / families, 2)})${some > 0 ? ': each counts against the change' : ''}`
}
