/**
 * Both arms of a live question, re-run after it was opened. A version pins which cases there are and what their records say of
 * them; it pins no outcome of the baseline, which is asked anew beside the candidate.
 */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { OWN_MEASURE, OWN_MEASURES } from '#schemas/measures.ts'
import { isOwnMetric, type OwnMetric } from '#schemas/metrics.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { floorLetters } from '../evaluate/floor-letters.ts'
import { ownLimits } from '../evaluate/guardrails.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { measured } from '../statistics/measured.ts'
import { type Series, seriesOf } from '../statistics/series.ts'
import { withLost } from './floor-tallies.ts'
import { besideBaseline } from './passes.ts'
import type { CaseScore } from './score.ts'

export interface LiveArms {
  /** The sealed panel with what its baseline came to when it was asked live. */
  readonly panel: Panel
  readonly facts: HeldoutVersion
  readonly cases: Series<CaseScore>
}

/**
 * The arms as the gate compares them. Who counts is fixed at sealing: a family that was labelled then is one of n, and one that
 * was not is none of it now. A case whose baseline arm has no answer, or no utility though the record lets it be judged, is
 * lost: its floors and its utility hold in both arms, the candidate has the worst cost that was declared, and its family is one
 * of `excluded_families`, each of which counts as one that the candidate breaks. So n depends on no answer, and what is lost
 * speaks for nobody.
 */
export function liveArms(
  sealed: Panel,
  facts: HeldoutVersion,
  target: Wanted,
  baseline: Series<CaseScore>,
  scores: Series<CaseScore>,
): LiveArms {
  const isLost = (i: number): boolean => {
    const { status, measures } = baseline.at(i)!
    return status !== 'replayed' || (isLabelled(sealed, i) && measures.utility_passed === null)
  }
  const lost = new Uint8Array(sealed.families)
  for (let i = 0; i < sealed.cases.length; i++) if (isLost(i)) lost[sealed.familyOf[i]!] = 1
  const families = lost.reduce((sum, is) => sum + is, 0)
  const beside = besideBaseline(baseline, scores)
  const held = (i: number): Measures => heldMeasures(sealed.baseline.at(i)!, target)
  return {
    panel: {
      ...sealed,
      baseline: seriesOf(sealed.cases.length, (i) =>
        isLost(i) ? held(i) : labelledOnly(sealed, i, baseline.at(i)!.measures),
      ),
    },
    facts: withLost(facts, families),
    cases: seriesOf(scores.length, (i) =>
      isLost(i)
        ? { status: 'unreplayable', measures: atWorst(held(i), target), floors: heldLetters(sealed, i) }
        : { ...beside.at(i)!, measures: labelledOnly(sealed, i, beside.at(i)!.measures) },
    ),
  }
}

const isLabelled = ({ baseline }: Panel, i: number): boolean => baseline.at(i)!.utility_passed !== null

/** Utility of a case that the version cannot judge is none, whatever a draw says. */
const labelledOnly = (sealed: Panel, i: number, measures: Measures): Measures =>
  isLabelled(sealed, i) ? measures : { ...measures, utility_passed: null, utility_score: null }

/** A lost case as the baseline has it: it breaks nothing, and costs what its record says, or nothing. */
function heldMeasures(pinned: Measures, target: Wanted): Measures {
  const kept = (flag: boolean | null) => (flag === null ? null : false)
  const isLabelled = pinned.utility_passed !== null
  return {
    ...pinned,
    policy_violation: kept(pinned.policy_violation),
    safety_violation: kept(pinned.safety_violation),
    approval_bypass: kept(pinned.approval_bypass),
    utility_passed: isLabelled ? true : null,
    utility_score: isLabelled ? 1 : null,
    latency_ms: null,
    economics_cents: measured('economics_cents', pinned) ?? 0,
    economics_tokens: measured('economics_tokens', pinned) ?? 0,
    ...ownScoresAt(pinned, target, 'best'),
  }
}

type Wanted = Pick<ResolvedTarget, 'metric' | 'direction' | 'guardrails' | 'ranges'>

/** The scores of one's own that measures have, at their best or worst. Those that a target names nowhere are read by nobody. */
function ownScoresAt(
  { own_score: one, own_scores: named }: Measures,
  { metric, direction, guardrails }: Wanted,
  at: 'best' | 'worst',
): Partial<Measures> {
  const limits = ownLimits(guardrails)
  const wantedOf = (own: OwnMetric) => {
    const better = own === metric ? direction : limits.find((limit) => limit.metric === own)?.direction
    return (better === 'decrease') === (at === 'best') ? 0 : 1
  }
  // The one score of a suite that marks one: whatever the target names is it.
  const alone = isOwnMetric(metric) ? metric : (limits[0]?.metric ?? metric)
  return {
    ...(one !== undefined && { [OWN_MEASURE]: wantedOf(alone as OwnMetric) }),
    ...(named !== undefined && {
      [OWN_MEASURES]: Object.fromEntries(Object.keys(named).map((id) => [id, wantedOf(`score:${id}`)])),
    }),
  }
}

/** The same under a candidate. */
function atWorst(held: Measures, target: Wanted): Measures {
  const { economics_cents_per_decision: cents, economics_tokens_per_decision: tokens } = target.ranges
  return {
    ...held,
    economics_cents: measured('economics_cents', held)! + (cents?.max_rise ?? 0),
    economics_tokens: measured('economics_tokens', held)! + (tokens?.max_rise ?? 0),
    ...ownScoresAt(held, target, 'worst'),
  }
}

/** Every floor that the record let be measured held. */
const heldLetters = ({ cases }: Panel, i: number): string =>
  floorLetters(cases.at(i)!.floors).baseline.replace(/[^?]/g, 'p')
