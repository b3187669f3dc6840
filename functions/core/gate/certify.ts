/** Certificate of one candidate on the sealed set: every certified guardrail with its p-value, every checked bound. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Certificate, CertifiedRow, HeldoutVersion } from '#schemas/heldout.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { layersOf, stakesIn, stakesOf, utilityAtStake } from '../contract/stakes.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { metricOver } from '../evaluate/metric.ts'
import { isGraded, scoreDelta, utilityPairs, violations } from '../evaluate/pairs.ts'
import { casesWhere, type Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { unitsOf } from '../evaluate/units.ts'
import type { Changed } from '../replay/by-construction.ts'
import { patchDigest } from '../space/lattice.ts'
import { upperRate } from '../statistics/binomial.ts'
import { isAtMost } from '../statistics/compare.ts'
import { defaultStake, evidence, pEvidence } from '../statistics/evidence.ts'
import { candidateP } from '../statistics/fixed-sequence.ts'
import { pNonInferior, utilityBound } from '../statistics/non-inferiority.ts'
import { fieldOf, type Series } from '../statistics/series.ts'
import { checkedRows } from './checked-rows.ts'
import { requireFacts } from './facts.ts'
import { excludedFamilies, floorTally, floorViolations } from './floor-tallies.ts'
import { isJudgedFloor, judgeOf, type Left, marginLeft } from './judged-utility.ts'
import { type CaseScore, measuresIn } from './score.ts'
import { rateOf } from './seal.ts'

interface SealedScore {
  readonly change: CandidateChange
  /** One per case in panel order; a case that could not be replayed counts against the candidate. */
  readonly cases: Series<CaseScore>
}

/** What the gate knows when it scores: published facts, contract, suite, harness, sealed panel and how long the list is. */
export interface GateFacts {
  readonly facts: HeldoutVersion
  readonly target: ResolvedTarget
  readonly suite: EvaluatorSuite
  readonly harness: Changed
  readonly panel: Panel
  /** Candidates on the committed list. */
  readonly listed: number
}

/** All guardrail rows of one scored candidate, its p-value, and what changed. */
export function certificateOf(gate: GateFacts, { change, cases }: SealedScore): Certificate {
  const measures = measuresIn(cases)
  const statusAt = fieldOf(cases, 'status')
  const { target, panel, facts } = gate
  requireFacts(facts)
  const rows = [
    ...binaryRows(gate, measures, cases),
    ...utilityRow(gate, measures),
    ...checkedRows({ ...gate, patch: change.patch }, panel, measures),
  ]
  const certifiedRows = rows.filter((r) => r.kind === 'certified')
  // Where a model judge scores every guardrail, nothing is certified.
  const p =
    certifiedRows.length === 0
      ? 1
      : candidateP(
          certifiedRows.map((r) => ({ p: r.p!, alpha: r.level * facts.questions })),
          facts.alpha,
        )
  const metricRow = rows.find((r) => r.guardrail === target.metric)!
  return {
    candidate_id: change.candidate_id,
    digest: patchDigest(change.patch),
    change,
    p,
    rows,
    certified: isAtMost(p, facts.alpha_k),
    // What is not at stake blocks too where it is seen to fail, and certifies nothing.
    checked: rows.every((r) => r.kind === 'certified' || r.passed),
    units: unitsOf(panel, measures, target.metric, target.max_family_share),
    heldout: scoreDelta('heldout', panel, measures, unreplayable(cases)),
    metric: {
      baseline: metricOver(target.metric, panel.baseline),
      candidate: metricOver(target.metric, measures),
      bound: metricRow.bound,
    },
    changed_runs: casesWhere(panel, (i) => statusAt(i) !== 'unchanged'),
    regression_runs: casesWhere(panel, regressions(panel.baseline, measures)),
  }
}

function unreplayable(cases: Series<CaseScore>): number {
  const statusAt = fieldOf(cases, 'status')
  let count = 0
  for (let i = 0; i < cases.length; i++) if (statusAt(i) === 'unreplayable') count++
  return count
}

/** Is a case a regression: fell a floor, or its utility? */
function regressions(base: Series<Measures>, now: Series<Measures>): (index: number) => boolean {
  const fell = (
    name: 'policy_violation' | 'safety_violation' | 'approval_bypass' | 'utility_passed',
    held: boolean,
  ) => {
    const [before, after] = [fieldOf(base, name), fieldOf(now, name)]
    return (i: number) => before(i) === held && after(i) !== held
  }
  const falls = [
    fell('policy_violation', false),
    fell('safety_violation', false),
    fell('approval_bypass', false),
    fell('utility_passed', true),
  ]
  return (i) => falls.some((falls) => falls(i))
}

/** A guardrail passes when each of its evaluators does (intersection-union, no correction). */
function binaryRows(
  { target, suite, panel, facts, harness }: GateFacts,
  measures: Series<Measures>,
  cases: Series<CaseScore>,
): CertifiedRow[] {
  const stakes = stakesOf(suite, target, harness.replayer)
  const seen = floorViolations(panel, cases, stakes.length)
  return (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name): CertifiedRow[] => {
    const declared = target.guardrails[name]
    const allowed = allowedRate(target.guardrails, name)
    if (!declared || allowed === null) return []
    const level = (declared.alpha ?? facts.alpha) / facts.questions
    const rate = rateOf(allowed, declared.max_violation_rate)
    const of = stakesIn(stakes, name)
    const evaluators = of.map((stake) => floorTally(stake, facts, seen[stake.at]!, { allowed, rate, level }))
    const asked = evaluators.filter((e) => e.p !== null)
    const isJudged = of.some((stake) => isJudgedFloor(stake, facts))
    const { violating: x } = violations(panel, measures, FLOORS[name])
    const N = Math.min(...(asked.length > 0 ? asked : evaluators).map((e) => e.exposed + e.not_at_stake))
    const p = asked.length === 0 ? null : Math.max(...asked.map((e) => e.p!))
    const { some, all } = excludedFamilies(facts)
    return [
      {
        guardrail: name,
        kind: asked.length === 0 ? 'not_at_stake' : isJudged ? 'checked' : 'certified',
        passed: p === null ? x === 0 : isJudged ? N > 0 && isAtMost(x, allowed * N) : isAtMost(p, level),
        families: N,
        observed: N === 0 ? null : Math.min(1, x / N),
        limit: rate,
        p: isJudged ? null : p,
        level,
        bound: N + all === 0 ? null : upperRate(Math.min(x + some, N + all), N + all, level),
        counts: { violations: x, families: N, ...(some > 0 && { excluded: some }) },
        evaluators,
      },
    ]
  })
}

/**
 * The drop of utility that is excluded; where utility is the target, that it rises: a drop of 0 is excluded, by the same exact
 * test. A model judge proves no rise: its row blocks and is called checked; of a drop it takes twice its disagreement with people.
 */
function utilityRow({ target, suite, panel, facts, harness }: GateFacts, measures: Series<Measures>): CertifiedRow[] {
  const isTarget = target.metric === 'utility'
  const declared = target.guardrails.utility_delta
  if (!declared && !isTarget) return []
  const { labelled, regressions, improvements: f, differences } = utilityPairs(panel, measures)
  // A family that was left out counts as one that the candidate breaks.
  const { some, all } = excludedFamilies(facts)
  const n = labelled === 0 ? 0 : labelled + all
  const g = Math.min(regressions + some, n - f)
  const level = (declared?.alpha ?? facts.alpha) / facts.questions
  const judge = judgeOf(facts, suite)
  const judged = isTarget && judge !== null
  const row = (p: number, observed: number, bound: number | null, counts: Record<string, number>): CertifiedRow[] => [
    {
      guardrail: isTarget ? 'utility' : 'utility_delta',
      kind: judged ? 'checked' : 'certified',
      passed: isAtMost(p, level),
      families: labelled,
      observed,
      limit: isTarget ? 0 : declared!.min,
      p,
      level,
      bound,
      counts,
    },
  ]
  const [first] = isTarget || utilityAtStake(suite, target, harness.replayer) ? [] : row(1, 0, null, { labelled })
  if (first)
    return [
      {
        ...first,
        kind: 'not_at_stake',
        passed: regressions === 0,
        observed: labelled === 0 ? null : (f - regressions) / labelled,
        p: null,
        note: `no change of ${layersOf(target.search_space).join(', ')} can break it`,
        counts: { labelled, regressions, improvements: f },
      },
    ]
  const left: Record<string, number> = {
    ...(some > 0 && { excluded: some }),
    ...(judge !== null && { judge_overlap: judge.overlap, judge_disagreements: judge.disagreements }),
  }
  const room: Left = isTarget ? { margin: 0 } : marginLeft(judge, marginOf(target), declared!.graded === true)
  if ('unmeasured' in room)
    return row(1, labelled === 0 ? 0 : (f - regressions) / labelled, null, { labelled, ...left }).map((r) => ({
      ...r,
      kind: 'checked',
      p: null,
      rule: 'not_measured',
      note: room.unmeasured,
    }))
  const m = room.margin
  if (n === 0 || (isTarget && target.direction === 'decrease')) return row(1, 0, null, { labelled, ...left })
  if (isTarget ? isGraded(panel) : declared!.graded) {
    const stake = declared?.stake ?? defaultStake(n, level, m)
    const worst = Array.from({ length: some }, () => -1)
    const money = evidence([...differences, ...worst], m, stake)
    const mean = differences.reduce((a, b) => a + b, 0) / labelled
    return row(pEvidence(money), mean, null, { labelled, stake, ...left })
  }
  // The smallest drop that is excluded is none where a rise is.
  const drop = isTarget ? null : utilityBound(n, g, f, level)
  const bound = drop === null ? null : drop + 2 * (judge?.e ?? 0)
  return row(pNonInferior(n, g, f, m), (f - regressions) / labelled, bound, {
    labelled,
    regressions,
    improvements: f,
    ...left,
  })
}
