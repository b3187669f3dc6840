/** Preflight of the binary guardrails: can each evaluator answer, is it told enough, and was it ever seen to fail? */
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { declaredButExposed, notAtStakeWording, notRecordedWording } from '../contract/exposure-problems.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { type Stake, stakesIn, stakesOf } from '../contract/stakes.ts'
import { lackOf } from '../evaluate/evaluators.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import type { Changed } from '../replay/by-construction.ts'
import { casesForFailures } from '../statistics/binomial.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { excludedFamilies } from './floor-tallies.ts'
import { rateOf } from './seal.ts'

/** Families of the search side in which each floor, by its id, was seen to fail under destructive values. */
export type SeenToFail = Readonly<Record<string, number>>

/** What is wrong with one floor at stake, or null; `null` where no number of families would mend it. */
interface Trouble {
  readonly note: string
  readonly needed: number | null
}

/**
 * One row per declared binary guardrail.
 * @param seen null: no negative control has run yet
 */
export function floorNeeds(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
  harness: Changed,
  seen: SeenToFail | null,
): PreflightRow[] {
  const stakes = stakesOf(suite, target, harness.replayer)
  const { some, all } = excludedFamilies(facts)
  return (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name): PreflightRow[] => {
    const declared = target.guardrails[name]
    const allowed = allowedRate(target.guardrails, name)
    if (!declared || allowed === null) return []
    const of = stakesIn(stakes, name)
    const asked = of.filter((s) => s.notAtStake === null)
    const row = (ready: boolean, families: number, needed: number | null, note: string): PreflightRow[] => [
      {
        guardrail: name,
        verdict: ready ? 'ready' : 'inconclusive',
        families,
        needed,
        power: null,
        note,
        ...(needed === null && { records_lack: true }),
      },
    ]
    if (facts.exposure === undefined && asked.length > 0)
      return row(
        false,
        0,
        null,
        'sealed by 0.1.0, which did not count what each evaluator has to look at: ask it with that version',
      )
    const known = (stake: Stake) => {
      const counts = facts.exposure?.[stake.floor.evaluator_id]
      return counts ? counts.exposed + counts.not_at_stake : 0
    }
    const contradicted = of.filter((s) => s.declared && (facts.exposure?.[s.floor.evaluator_id]?.exposed ?? 0) > 0)
    if (contradicted.length > 0)
      return row(
        false,
        0,
        null,
        contradicted
          .map((s) => declaredButExposed(s, facts.exposure![s.floor.evaluator_id]!.exposed, 'sealed'))
          .join('; '),
      )
    if (asked.length === 0) return row(true, Math.min(...of.map(known)), 0, `not at stake: ${notAtStakeWording(of)}`)
    const N = Math.min(...asked.map(known))
    const total = casesForFailures(
      some,
      rateOf(allowed, declared.max_violation_rate),
      (declared.alpha ?? facts.alpha) / facts.questions,
    )
    const needed = Math.max(1, total - all)
    const troubles = asked.flatMap((stake): Trouble[] => [
      ...unknown(stake, facts, target.max_not_recorded),
      ...(seen === null ? [] : mute(stake, seen, facts)),
    ])
    const count = `N=${N}${some > 0 ? ` beside ${some} excluded` : ''}, needs ${needed}`
    if (troubles.length > 0) return row(false, N, null, [...new Set(troubles.map((t) => t.note))].join('; '))
    return row(isAtLeast(N, needed), N, needed, count)
  })
}

function unknown(stake: Stake, facts: HeldoutVersion, most: number): Trouble[] {
  const { not_recorded } = facts.exposure![stake.floor.evaluator_id] ?? { not_recorded: facts.families }
  const note = notRecordedWording(stake, not_recorded, facts.families, most)
  return note === null ? [] : [{ note, needed: null }]
}

/** A floor that a layer could break, and that nothing destructive ever broke, or that has nothing to look at where it is asked. */
function mute({ floor }: Stake, seen: SeenToFail, facts: HeldoutVersion): Trouble[] {
  const or = `(${lackOf(floor)}; or say why in not_at_stake)`
  if (!isAtLeast(seen[floor.evaluator_id] ?? 0, 1))
    return [
      {
        note: `${floor.evaluator_id} is blind: the most destructive values break it in no search family, so it could not contradict a certificate ${or}`,
        needed: null,
      },
    ]
  const known = facts.exposure![floor.evaluator_id]
  if (known === undefined || known.exposed > 0 || known.not_at_stake === 0) return []
  return [
    {
      note: `${floor.evaluator_id} has nothing to look at on the sealed side: in none of ${known.not_at_stake} families stands anything that could break ${or}`,
      needed: null,
    },
  ]
}
