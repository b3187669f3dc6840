/** Preflight: can the sealed set answer this question? On search data and published counts alone; spends nothing. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { utilityPairs } from '../evaluate/pairs.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { cleanSheetFloor, powerNonInferior } from '../statistics/acceptance.ts'
import { casesForZeroFailures } from '../statistics/binomial.ts'
import { defaultStake, gradedPower } from '../statistics/evidence.ts'
import { smoothedRates } from '../statistics/fixed-sequence.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { ASK_POWER, neededFamilies } from '../statistics/needed.ts'
import type { Series } from '../statistics/series.ts'
import { CHECKED_FAMILIES, checkedRows } from './certify.ts'
import { rateOf } from './seal.ts'

/** The first candidate of the committed list with its measures on the search panel; absent: a clean sheet is assumed. */
export interface FirstCandidate {
  readonly candidate: CandidateScore
  readonly panel: Panel
  readonly measures: Series<Measures>
  readonly commit: string
}

/** One row per guardrail that the gate would test, in gate order, with the families it needs. */
export function preflight(facts: HeldoutVersion, target: ResolvedTarget, first: FirstCandidate | null): PreflightRow[] {
  return [
    ...binaryNeeds(facts, target),
    ...utilityNeed(facts, target, first),
    ...(first ? checkedNeeds(facts, target, first) : checkedFloor(facts, target)),
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
  if (!declared) return []
  const n = facts.labelled
  const m = marginOf(target)
  const level = (declared.alpha ?? facts.alpha) / facts.questions
  const row = (ready: boolean, needed: number | null, power: number | null, note: string): PreflightRow[] => [
    { guardrail: 'utility_delta', verdict: ready ? 'ready' : 'inconclusive', families: n, needed, power, note },
  ]
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
  if (n === 0) return row(false, cleanSheetFloor(m, level), 0, `no labelled family is sealed (${seen})`)
  if (declared.graded) {
    const stake = declared.stake ?? defaultStake(n, level, m)
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

/** Doubles n until half of the resamples pass; graded needs are rougher than the exact ones. */
function gradedNeed(first: FirstCandidate, m: number, level: number): number | null {
  const { differences } = utilityPairs(first.panel, first.measures)
  const seed = bootstrapSeed(first.commit.slice(7), 'utility_delta')
  for (let n = 50; n <= 12_800; n *= 2)
    if (gradedPower(differences, n, m, defaultStake(n, level, m), level, seed, 400) >= ASK_POWER) return n
  return null
}

/** Does the bound already hold on search pairs, drawing as many families as are sealed? */
function checkedNeeds(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  { panel, measures, commit }: FirstCandidate,
): PreflightRow[] {
  const draws = Math.max(1, facts.families)
  return checkedRows({ target, facts, commit }, panel, measures, draws).map((r) => {
    const enough = facts.families >= CHECKED_FAMILIES
    const bound = r.bound === null ? 'not measured' : `${Number(r.bound.toPrecision(4))} against ${r.limit}`
    if (r.passed)
      return {
        guardrail: r.guardrail,
        verdict: 'ready',
        families: facts.families,
        needed: CHECKED_FAMILIES,
        power: null,
        note: `bound on search data ${bound}`,
      }
    const needed = enough ? largerSet(facts, target, { panel, measures, commit }, r.guardrail) : CHECKED_FAMILIES
    return {
      guardrail: r.guardrail,
      verdict: 'inconclusive',
      families: facts.families,
      needed,
      power: null,
      note: enough
        ? `bound on search data ${bound}`
        : `${facts.families} families, a checked bound needs ${CHECKED_FAMILIES}`,
    }
  })
}

function largerSet(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  { panel, measures, commit }: Omit<FirstCandidate, 'candidate'>,
  guardrail: string,
): number | null {
  for (let n = facts.families * 2; n <= 12_800; n *= 2) {
    if (checkedRows({ target, facts, commit }, panel, measures, n).find((r) => r.guardrail === guardrail)!.passed)
      return n
  }
  return null
}

function checkedFloor(facts: HeldoutVersion, target: ResolvedTarget): PreflightRow[] {
  const names = [
    ...(target.guardrails.p95_latency_delta ? ['p95_latency_delta'] : []),
    ...(target.guardrails.economics_delta ? ['economics_delta'] : []),
    target.metric,
  ]
  return names.map((guardrail) => ({
    guardrail,
    verdict: facts.families >= CHECKED_FAMILIES ? 'ready' : 'inconclusive',
    families: facts.families,
    needed: CHECKED_FAMILIES,
    power: null,
    note: `${facts.families} families, a checked bound needs ${CHECKED_FAMILIES}`,
  }))
}
