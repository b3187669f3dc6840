/** One N, x and p per evaluator of a binary guardrail (the held-out gate, "N per evaluator, fixed at sealing"). */
import type { FloorTally, HeldoutVersion } from '#schemas/heldout.ts'
import type { Stake } from '../contract/stakes.ts'
import { exposureOfCode, familyExposures } from '../evaluate/exposure-counts.ts'
import { floorLetters, isViolation } from '../evaluate/floor-letters.ts'
import type { Panel } from '../evaluate/panel.ts'
import { binomCdf, upperRate } from '../statistics/binomial.ts'
import { isAtMost } from '../statistics/compare.ts'
import { fieldOf, type Series } from '../statistics/series.ts'
import type { CaseScore } from './score.ts'

/** Families that the baseline did not reproduce: `some` of their cases, or `all`. None in a version of 0.1.0. */
export const excludedFamilies = ({ excluded_families }: Pick<HeldoutVersion, 'excluded_families'>) =>
  excluded_families ?? { some: 0, all: 0 }

/** The same version with so many more families of which a case is lost: each counts as one that a candidate breaks. */
export function withLost(facts: HeldoutVersion, families: number): HeldoutVersion {
  const { some, all } = excludedFamilies(facts)
  return { ...facts, excluded_families: { some: some + families, all } }
}

/** Violating families of one floor: all of them, and those in which something was exposed. */
interface Violations {
  readonly violations: number
  readonly exposed: number
}

/** Violating families per floor, in the order of the suite. One case is enough, whatever its family is counted under. */
export function floorViolations(panel: Panel, cases: Series<CaseScore>, floors: number): Violations[] {
  const violating = Array.from({ length: floors }, () => new Uint8Array(panel.families))
  /** Floors that are violated, by both letters of a case: few of many cases differ in them. */
  const known = new Map<string, readonly Uint8Array[]>()
  const violatedBy = (letters: string | undefined, now: string): readonly Uint8Array[] => {
    const { baseline } = floorLetters(letters)
    return violating.filter((_, floor) => isViolation(now[floor], baseline[floor]))
  }
  const floorsAt = fieldOf(cases, 'floors')
  const lettersAt = fieldOf(panel.cases, 'floors')
  for (let at = 0; at < panel.cases.length; at++) {
    const letters = lettersAt(at)
    const now = at < cases.length ? floorsAt(at) : ''
    const both = `${letters} ${now}`
    const violated = known.get(both) ?? violatedBy(letters, now)
    known.set(both, violated)
    for (const of of violated) of[panel.familyOf[at]!] = 1
  }
  const exposures = familyExposures(panel, floors)
  return violating.map((of, floor) => {
    let [violations, exposed] = [0, 0]
    for (const [family, is] of of.entries()) {
      violations += is
      if (is && exposureOfCode(exposures[floor]![family]!) === 'exposed') exposed++
    }
    return { violations, exposed }
  })
}

/** What a floor is held against. */
interface FloorLimit {
  /** Rate that may be seen. */
  readonly allowed: number
  /** Rate that the certificate excludes. */
  readonly rate: number
  readonly level: number
}

/**
 * p-value of one floor. A family that is left out counts against the candidate; a violation outside N does too, and more
 * of them than N prove nothing.
 * @param x families that violate
 * @param N families of which the evaluator can say something
 */
export function floorP(
  x: number,
  N: number,
  { some, all }: { readonly some: number; readonly all: number },
  { allowed, rate }: Pick<FloorLimit, 'allowed' | 'rate'>,
): number {
  if (!isAtMost(x, N) || (allowed === 0 && x > 0)) return 1
  return binomCdf(x + some, N + all, rate)
}

/** The tally of one floor. A floor that nothing puts at stake is held against what is seen all the same. */
export function floorTally(
  { floor, notAtStake, declared }: Stake,
  facts: HeldoutVersion,
  seen: Violations,
  limit: FloorLimit,
): FloorTally {
  const known = facts.exposure?.[floor.evaluator_id] ?? { exposed: 0, not_at_stake: 0, not_recorded: facts.families }
  const N = known.exposed + known.not_at_stake
  const { some, all } = excludedFamilies(facts)
  const isAsked = notAtStake === null || seen.violations > 0
  return {
    evaluator_id: floor.evaluator_id,
    ...known,
    violations: seen.violations,
    exposed_violations: seen.exposed,
    p: isAsked ? floorP(seen.violations, N, { some, all }, limit) : null,
    bound: bounded(seen.violations + some, N + all, limit.level),
    exposed_bound: bounded(seen.exposed, known.exposed, limit.level),
    ...(notAtStake !== null && { not_at_stake_because: `${declared ? 'declared: ' : ''}${notAtStake}` }),
  }
}

const bounded = (x: number, n: number, level: number): number | null =>
  n === 0 ? null : upperRate(Math.min(x, n), n, level)
