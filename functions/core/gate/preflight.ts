/** Preflight: can the sealed set answer this question? On search data and published counts alone; spends nothing. */
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { isGraded, utilityPairs } from '../evaluate/pairs.ts'
import type { Changed } from '../replay/by-construction.ts'
import { acceptTable, cleanSheetFloor, powerNonInferior } from '../statistics/acceptance.ts'
import { casesForZeroFailures } from '../statistics/binomial.ts'
import { defaultStake, gradedPower } from '../statistics/evidence.ts'
import { smoothedRates } from '../statistics/fixed-sequence.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { ASK_POWER, neededFamilies } from '../statistics/needed.ts'
import { checkedNeeds, type FirstCandidate } from './checked-needs.ts'
import { rateOf } from './seal.ts'

/** One row per guardrail that the gate would test, in gate order, with the families it needs. */
export function preflight(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  harness: Changed,
  first: FirstCandidate | null,
): PreflightRow[] {
  return [
    ...binaryNeeds(facts, target),
    ...utilityNeed(facts, target, first),
    ...checkedNeeds(facts, target, harness, first),
  ]
}

/** The largest need of a preflight; null when one of them cannot be met by any number of families. */
export function neededOf(rows: readonly PreflightRow[]): number | null {
  if (rows.some((r) => r.verdict === 'inconclusive' && r.needed === null)) return null
  return rows.reduce((most, r) => Math.max(most, r.needed ?? 0), 0)
}

function binaryNeeds(facts: HeldoutVersion, target: ResolvedTarget): PreflightRow[] {
  return (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name): PreflightRow[] => {
    const declared = target.guardrails[name]
    const allowed = allowedRate(target.guardrails, name)
    if (!declared || allowed === null) return []
    const N = name === 'approval_bypass_rate' ? facts.scored.approval : facts.scored[name]
    const needed = casesForZeroFailures(
      rateOf(allowed, declared.max_violation_rate),
      (declared.alpha ?? facts.alpha) / facts.questions,
    )
    return [
      {
        guardrail: name,
        verdict: N >= needed ? 'ready' : 'inconclusive',
        families: N,
        needed,
        power: null,
        note: `N=${N}, needs ${needed}`,
      },
    ]
  })
}

function utilityNeed(facts: HeldoutVersion, target: ResolvedTarget, first: FirstCandidate | null): PreflightRow[] {
  const declared = target.guardrails.utility_delta
  const isTarget = target.metric === 'utility'
  if (!declared && !isTarget) return []
  const n = facts.labelled
  const m = isTarget ? 0 : marginOf(target)
  const level = (declared?.alpha ?? facts.alpha) / facts.questions
  const guardrail = isTarget ? 'utility' : 'utility_delta'
  const row = (ready: boolean, needed: number | null, power: number | null, note: string): PreflightRow[] => [
    { guardrail, verdict: ready ? 'ready' : 'inconclusive', families: n, needed, power, note },
  ]
  // A clean sheet proves no rise: what can be said before a search is how many improvements would.
  if (!first && isTarget) {
    const [least = 1] = n > 0 ? acceptTable(n, level, 0, 0) : []
    return row(least <= n, leastForARise(level), null, `n=${n}: a rise takes ${least} improvements or more, none worse`)
  }
  if (!first) {
    const needed = cleanSheetFloor(m, level)
    return row(
      needed !== null && n >= needed,
      needed,
      null,
      `clean sheet: n=${n}, needs ${needed ?? 'more than any number'}`,
    )
  }
  const { labelled, regressions: g, improvements: f, differences } = utilityPairs(first.panel, first.measures)
  const seen = `search: ${g} regressions, ${f} improvements of ${labelled}`
  if (n === 0)
    return row(
      false,
      isTarget ? leastForARise(level) : cleanSheetFloor(m, level),
      0,
      `no labelled family is sealed (${seen})`,
    )
  if (isTarget ? isGraded(first.panel) : declared!.graded) {
    const stake = declared?.stake ?? defaultStake(n, level, m)
    const power = gradedPower(differences, n, m, stake, level, bootstrapSeed(first.commit.slice(7), 'utility_delta'))
    return row(
      power >= ASK_POWER,
      power >= ASK_POWER ? n : gradedNeed(first, m, level),
      power,
      `power ${power.toFixed(2)} at n=${n} (graded, ${seen})`,
    )
  }
  const [p10, p01] = smoothedRates(labelled, g, f)
  const power = powerNonInferior(n, level, m, p10, p01)
  if (power >= ASK_POWER)
    return row(true, cleanSheetFloor(m, level) ?? n, power, `power ${power.toFixed(2)} at n=${n} (${seen})`)
  const needed = neededFamilies(level, m, p10, p01)
  return row(
    false,
    needed,
    power,
    `power ${power.toFixed(2)} at n=${n}, needs ${needed === null ? 'more than any number' : `about ${needed}`} (${seen})`,
  )
}

/** Labelled families that could prove a rise if each of them improved. */
function leastForARise(level: number): number | null {
  for (let n = 1; n <= 100; n++) if (acceptTable(n, level, 0, 0)[0]! <= n) return n
  return null
}

/** Doubles n until half of the resamples pass; graded needs are rougher than the exact ones. */
function gradedNeed(first: FirstCandidate, m: number, level: number): number | null {
  const { differences } = utilityPairs(first.panel, first.measures)
  const seed = bootstrapSeed(first.commit.slice(7), 'utility_delta')
  for (let n = 50; n <= 12_800; n *= 2)
    if (gradedPower(differences, n, m, defaultStake(n, level, m), level, seed, 400) >= ASK_POWER) return n
  return null
}
