/**
 * Which arm moved? A test of harm compares two arms, and an arm whose failures are told of late, of runs that nobody announced, looks
 * like one that never fails. Where that is the baseline, a harmless candidate is shown to be worse before the first of them is
 * told of. So whatever is shown in a stage that splits subjects is held against what the same baseline was in the stages before,
 * where each of its runs is known by now. The candidate moved: it is the candidate. The baseline alone did: nobody can tell yet, and the
 * rollout pauses, until the count of its subjects says that none of them are missing, or those that were have come.
 */
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { routedShare } from './crossing.ts'
import { type HarmRule, riseEvidence } from './harm-evidence.ts'
import { latenessOf } from './lateness.ts'
import { testedIn } from './look.ts'
import { type Said, saidBy } from './subject-comparisons.ts'
import type { Entered, SubjectsOf } from './subjects.ts'

/** Fewer subjects say nothing of what the baseline was. */
const LEAST_BEFORE = 100
/** Evidence from which on the baseline moved, and from which on none of its subjects are missing. */
const SHOWN = 20

/**
 * Why harm that a rule shows in the present period may be that the baseline is told of late; null: it is harm.
 * @param level that the rule crossed
 */
export function whyNotHarm(
  rollout: Rollout,
  subjects: SubjectsOf,
  rule: HarmRule,
  level: number,
  period: Period,
): string | null {
  const share = routedShare(rollout, period)
  if (share === 0 || share === 1) return null
  const maxRuns = rollout.config.subjects!.max_runs
  const said = (of: readonly Entered[]) => of.flatMap((one) => saidBy(one, rule.badness, maxRuns) ?? [])
  const here = testedIn(subjects, period)
  const onArm = (arm: Arm) => said(here.filter((of) => of.arm === arm))
  const before = meanOf(said(baselineBefore(subjects, period)), LEAST_BEFORE)
  const rises = (arm: Arm, tolerated: number, sign: 1 | -1) =>
    before === null ? 1 : riseEvidence(above(onArm(arm), before, sign), tolerated)
  if (isAtLeast(rises('candidate', rule.tolerated, 1), 1 / level)) return null
  const { late, onCandidate, arm } = latenessOf(rollout, subjects, period)
  if (arm === 'baseline')
    return `${late - onCandidate} of ${late} subjects that were told of too late are on the baseline, which looked better until then`
  if (arm === 'candidate' || before === null || isBelow(rises('baseline', 0, -1), SHOWN)) return null
  const now = meanOf(onArm('baseline'), 1)!
  const inTime = here.filter((of) => of.arm !== null && !of.late)
  if (isAtLeast(noneMissing(inTime, share, (before.mean - now.mean) / (1 - now.mean)), SHOWN)) return null
  return `the candidate is not worse than the baseline was in the stages before (${percent(before)}); the baseline alone is better now (${percent(now)}), as one whose bad runs are told of late. It goes back where the candidate gets worse than that, or where the count of subjects says that none are missing`
}

const percent = ({ mean }: Said): string => `${Number((mean * 100).toPrecision(3))} %`

/** What subjects say above what was before (below it: -1); of sums, above what as many runs came to: another stage may bring more of them. */
const above = (all: readonly Said[], before: Said, sign: 1 | -1): Said[] =>
  all.map(({ mean, sum, weight }) => ({
    mean: sign * (mean - before.mean),
    sum: sign * (sum - (before.sum / before.weight) * weight),
    weight,
  }))

/** Baseline runs of the periods before, each subject once a period; those of pairs among them. */
function baselineBefore({ entered }: SubjectsOf, period: Period): Entered[] {
  const at = PERIODS.indexOf(period)
  return entered.flatMap((of) => {
    if (of.crossed || of.arm === 'candidate' || PERIODS.indexOf(of.period) >= at) return []
    const runs: ProductionRun[] = of.known.flatMap(({ baseline }) => baseline ?? [])
    const tested = runs.map((baseline) => ({ baseline, candidate: null }))
    return runs.length === 0 ? [] : [{ ...of, arm: 'baseline' as const, tested }]
  })
}

function meanOf(said: readonly Said[], least: number): Said | null {
  if (said.length < least) return null
  const mean = (of: keyof Said) => said.reduce((sum, one) => sum + one[of], 0) / said.length
  return { mean: mean('mean'), sum: mean('sum'), weight: mean('weight') }
}

/**
 * How much likelier the subjects that were told of in time are if none are missing than if that part of the baseline is: while it is
 * missing, it reaches 20 with probability at most 1/20.
 */
function noneMissing(inTime: readonly Entered[], share: number, missing: number): number {
  const left = share / (share + (1 - share) * (1 - Math.max(0, missing)))
  const [hit, miss] = [Math.log(share / left), Math.log((1 - share) / (1 - left))]
  return Math.exp(inTime.reduce((ln, { arm }) => ln + (arm === 'candidate' ? hit : miss), 0))
}
