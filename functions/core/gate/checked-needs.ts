/** Preflight of the checked rows: which rule applies, how likely it passes on as many families, and what to declare. */

import type { CandidateScore } from '#schemas/candidate.ts'
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { type Changed, trimmingPatch } from '../replay/by-construction.ts'
import { casesForZeroFailures } from '../statistics/binomial.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { neededMean, powerMean } from '../statistics/mean-power.ts'
import { ASK_POWER } from '../statistics/needed.ts'
import type { Series } from '../statistics/series.ts'
import { neededTailShare, powerTailShare } from '../statistics/tail-share.ts'
import { aboveLimit, type CheckedRule, checkedRules, type How } from './checked-rows.ts'
import { familyDifferences } from './family-differences.ts'

/** A checked bound over fewer families says nothing. */
export const CHECKED_FAMILIES = 100

/** One row per checked rule. Without a candidate: as if one stood that trims as far as the search space lets it. */
export function checkedNeeds(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  harness: Changed,
  first: FirstCandidate | null,
): PreflightRow[] {
  const patch = first?.candidate.patch ?? trimmingPatch(target.search_space, harness.settings)
  return checkedRules({ facts, target, harness, patch, listed: first?.listed ?? 1 }).map((rule): PreflightRow => {
    const { how, guardrail } = rule
    const row = (ready: boolean, needed: number | null, power: number | null, note: string): PreflightRow => ({
      guardrail,
      verdict: ready ? 'ready' : 'inconclusive',
      families: facts.families,
      needed,
      power,
      note,
    })
    const asked = ({ power, needed, note }: Need): PreflightRow => {
      const ready = isAtLeast(power, ASK_POWER) && isAtLeast(facts.families, CHECKED_FAMILIES)
      const least = ready ? CHECKED_FAMILIES : needed && Math.max(needed, CHECKED_FAMILIES)
      return row(ready, least, power, `power ${power.toFixed(2)} at ${facts.families} families (${note})`)
    }
    if (how.rule === 'not_measured') return row(false, null, null, `not measured: ${how.declare}`)
    if (how.rule === 'by_construction')
      return row(true, 0, null, 'no replay can be above its baseline by construction: nothing is asked')
    if (how.rule === 'count_above')
      return first ? asked(countNeed(facts, rule, how, first)) : row(...cleanCount(facts, rule, how))
    if (first) return betNeed(rule, how, first, row) ?? asked(powerNeed(facts, rule, how, first))
    const note = `${facts.families} families, a bound of a mean needs ${CHECKED_FAMILIES} or more`
    return row(isAtLeast(facts.families, CHECKED_FAMILIES), CHECKED_FAMILIES, null, note)
  })
}

interface Need {
  readonly power: number
  readonly needed: number | null
  readonly note: string
}

/** Families that pass when none lies above the limit. */
function cleanCount(
  { families }: HeldoutVersion,
  { level }: CheckedRule,
  { share }: How & { rule: 'count_above' },
): [boolean, number, null, string] {
  const needed = Math.max(CHECKED_FAMILIES, casesForZeroFailures(share, level))
  return [isAtLeast(families, needed), needed, null, `${families} families, none above the limit, needs ${needed}`]
}

function countNeed(
  facts: HeldoutVersion,
  { level, limit }: CheckedRule,
  { share, pinned }: How & { rule: 'count_above' },
  { panel, measures }: FirstCandidate,
): Need {
  const { above, families } = aboveLimit(panel, measures, pinned + limit)
  // Smoothed, so that nothing seen is not "never happens".
  const rate = (above + 0.5) / (families + 1)
  return {
    power: powerTailShare(facts.families, share, level, rate),
    needed: neededTailShare(share, level, rate),
    note: `search: ${above} of ${families} families above ${Math.round(pinned + limit)} ms`,
  }
}

/** What no number of families would mend: the declared range is too narrow, or says nothing of these arms. */
function betNeed(
  { metric, sign }: CheckedRule,
  { max, beyond, decisions }: How & { rule: 'mean_bet' },
  { panel, measures }: FirstCandidate,
  row: (ready: boolean, needed: number | null, power: number | null, note: string) => PreflightRow,
): PreflightRow | null {
  const drawn = familyDifferences(panel, measures, { metric, sign, max, cap: decisions })
  if (drawn.otherCounts) return row(false, null, null, 'not measured: the two arms count different decisions')
  if (drawn.beyond === 0 || isBelow(drawn.beyond / panel.families, beyond)) return null
  const verb = sign === 1 ? 'rise' : 'fall'
  return row(
    false,
    null,
    0,
    `${drawn.beyond} of ${panel.families} search families ${verb} by more than the declared ${max}: declare a larger ranges.${metric}.max_${verb}, or a max_share_beyond`,
  )
}

function powerNeed(
  facts: HeldoutVersion,
  { guardrail, metric, limit, sign, level }: CheckedRule,
  { max, beyond, decisions }: How & { rule: 'mean_bet' },
  { panel, measures, commit }: FirstCandidate,
): Need {
  const drawn = familyDifferences(panel, measures, { metric, sign, max, cap: decisions })
  const question = {
    families: drawn.sums,
    range: { max, decisions },
    limit: sign * limit,
    alpha: level / 2,
    seed: bootstrapSeed(commit.slice(7), guardrail),
  }
  const rate = (drawn.beyond + 0.5) / (panel.families + 1)
  const within = beyond === 0 ? 1 : powerTailShare(facts.families, beyond, level / 2, rate)
  const power = Math.min(powerMean(question, facts.families), within)
  const [mean, tail] = [neededMean(question), beyond === 0 ? 0 : neededTailShare(beyond, level / 2, rate)]
  return {
    power,
    needed: mean === null || tail === null ? null : Math.max(mean, tail),
    note: `no decision may ${sign === 1 ? 'rise' : 'fall'} by more than ${max}`,
  }
}

/** The first candidate of the committed list with its measures on the search panel; absent: a clean sheet is assumed. */
export interface FirstCandidate {
  readonly candidate: CandidateScore
  readonly panel: Panel
  readonly measures: Series<Measures>
  readonly commit: string
  /** Candidates on the list. */
  readonly listed: number
}
