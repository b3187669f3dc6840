/** What a candidate can still afford while its cases are read one after the other: prepared once a search, followed once a candidate. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import type { Guardrails } from '#schemas/target.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { isViolated, scoreDifference, scoredFamilies } from '../evaluate/pairs.ts'
import { type Measures, NOT_MEASURED } from '../evaluate/scorecard.ts'
import { isAtLeast, isAtMost } from '../statistics/compare.ts'
import type { SearchInput } from './search-input.ts'

/** Told each case that a candidate has been read on; the row that stops it, or null. */
type StopCheck = (caseIndex: number, measures: Measures) => GuardrailRow | null

/** Follows one candidate from its first case on. */
export type StopRule = () => StopCheck

/** Families that violate each declared binary guardrail, against how many may. */
export function floorStop({ panel, target }: SearchInput): StopRule {
  const floors = (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name) => {
    const allowed = allowedRate(target.guardrails, name)
    return allowed === null ? [] : [{ name, allowed, families: scoredFamilies(panel, FLOORS[name]) }]
  })
  return () => {
    const watched = floors.map((floor) => ({ ...floor, violating: new Set<number>() }))
    return (i, measures) => {
      for (const { name, allowed, families, violating } of watched) {
        if (!isViolated(measures[FLOORS[name]], panel.baseline.at(i)![FLOORS[name]])) continue
        violating.add(panel.familyOf[i]!)
        if (isAtMost(violating.size, allowed * families, 1e-9)) continue
        return {
          guardrail: name,
          verdict: 'block',
          observed: null,
          limit: target.guardrails[name] ? (name === 'approval_bypass_rate' ? allowed : 1 - allowed) : null,
          note: `${panel.cases.at(i)!.case_id} violates; at most ${Math.floor(allowed * families + 1e-9)} of ${families} families may`,
        }
      }
      return null
    }
  }
}

/** Stops when even an improvement on every unvisited case that the baseline fails could not meet the utility limit. */
export function utilityStop({ panel, target }: SearchInput): StopRule {
  const limit = target.guardrails.utility_delta
  if (!limit) return () => () => null
  const gainLeft = (base: Measures): number =>
    limit.graded ? scoreDifference(base, { ...NOT_MEASURED, utility_score: 1 }) : base.utility_passed ? 0 : 1
  const speaks = new Uint8Array(panel.cases.length)
  let labelled = 0
  let atBest = 0
  for (const i of panel.speaking) {
    const base = panel.baseline.at(i)!
    if (base.utility_passed === null || base.utility_score === null) continue
    speaks[i] = 1
    labelled++
    atBest += gainLeft(base)
  }
  const least = limit.min * labelled - 1e-9
  return () => {
    let best = atBest
    let regressions = 0
    return (i, measures) => {
      if (!speaks[i]) return null
      const base = panel.baseline.at(i)!
      const change = changeOf(limit, base, measures)
      best += change - gainLeft(base)
      if (change < 0) regressions++
      if (isAtLeast(best, least)) return null
      return {
        guardrail: 'utility_delta',
        verdict: 'block',
        observed: null,
        limit: limit.min,
        note: `${regressions} regressions seen: even improving every unvisited case cannot reach ${limit.min} over ${labelled} families`,
      }
    }
  }
}

const changeOf = ({ graded }: NonNullable<Guardrails['utility_delta']>, base: Measures, measures: Measures): number =>
  graded ? scoreDifference(base, measures) : Number(measures.utility_passed ?? false) - Number(base.utility_passed)
