/** What must be right with the subjects of a period before its numbers mean anything, and what is shown of them: one row a rule. */
import type { Arm, ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { isAtMost, isBelow } from '../statistics/compare.ts'
import { splitEvidence } from '../statistics/split-evidence.ts'
import { areSwapped, type Crossings, routedShare } from './crossing.ts'
import { latenessOf, SPLIT_LEVEL } from './lateness.ts'
import { openIn, runsIn, testedIn } from './look.ts'
import { badnessOf, observedRise } from './stage-data.ts'
import { dataRow, points, tidy } from './stage-row.ts'
import type { Entered, SubjectsOf } from './subjects.ts'

/** The rows on the subjects of a period; gates and tests are rows of their own. */
export function subjectRows(rollout: Rollout, subjects: SubjectsOf, period: Period): StageRow[] {
  const of = { ...subjects, tested: testedIn(subjects, period) }
  return [
    timesRow(of),
    crossedRow(rollout, of, period),
    splitRow(rollout, of, period),
    lateRow(rollout, of, period),
    pairsRow(rollout, of.tested),
    ...(['baseline', 'candidate'] as const).map((arm) => outcomesRow(rollout, of.tested, arm)),
    openRow(rollout, of, period),
    revisedRow(rollout, of.tested),
  ]
}

/** Those that people are told of also while they hold. */
export const TOLD_ROWS: readonly string[] = [
  'open',
  'crossed',
  'split',
  'late',
  'outcomes.baseline',
  'outcomes.candidate',
  'revised',
]

type Subjects = SubjectsOf & { readonly tested: readonly Entered[] }

const timesRow = ({ untimed }: Subjects): StageRow =>
  dataRow(
    'times',
    untimed === 0,
    untimed,
    0,
    untimed === 0
      ? 'every compared run says when it started'
      : `${untimed} compared runs have no started_at: they belong to no window, and are not tested`,
  )

/** Subjects whose recorded arm is not the one that routing gives them: either the log or the routing is wrong about them. */
function crossedRow({ config }: Rollout, { arrived }: Subjects, period: Period): StageRow {
  const here = arrived.filter((of) => of.period === period)
  const counts = crossingsOf(here)
  const crossed = counts.baseline.crossed + counts.candidate.crossed
  const share = here.length === 0 ? 0 : crossed / here.length
  const limit = config.subjects!.max_crossed_share
  const holds = isAtMost(share, limit)
  const by = (arm: Arm) => `${counts[arm].crossed} of ${counts[arm].subjects} on the ${arm}`
  const says = `${crossed} of ${here.length} compared subjects are recorded on another arm than routing gives them, and are left out of both`
  const why = areSwapped(counts)
    ? `the arms are swapped: ${by('candidate')} and ${by('baseline')} belong to the other; log each run under the arm that assignArm gave`
    : `${says}: ${by('baseline')}, ${by('candidate')}. Check one with "autotune rollout assign": subject must be the id that assignArm was given`
  return dataRow('crossed', holds, tidy(share), limit, holds ? says : why)
}

function crossingsOf(subjects: readonly Entered[]): Crossings {
  const of = (arm: Arm) => {
    const all = subjects.filter((s) => s.arm === arm)
    return { subjects: all.length, crossed: all.filter((s) => s.crossed).length }
  }
  return { baseline: of('baseline'), candidate: of('candidate') }
}

/** Do the subjects that the log tells of fall on the arms as declared? If not, routing or logging loses some of one arm. */
function splitRow(rollout: Rollout, { arrived }: Subjects, period: Period): StageRow {
  const share = routedShare(rollout, period)
  const split = arrived.filter((of) => of.period === period && !of.crossed)
  const { holds, hits, evidence } = fallsAsDeclared(split, share)
  const shown = `${hits} of ${split.length} compared subjects are on the candidate, ${tidy(share * 100)} % are declared`
  const expected = Math.round(split.length * share)
  const loser = isBelow(hits, expected) ? 'candidate' : 'baseline'
  return dataRow(
    'split',
    holds,
    split.length === 0 ? null : tidy(hits / split.length),
    tidy(share),
    holds
      ? shown
      : `${shown} (evidence ${tidy(evidence)}): the log loses subjects of the ${loser}, or routing is not the one that was exported`,
  )
}

/** One arm that is told of later than the other: they are not compared at one age. */
function lateRow(rollout: Rollout, subjects: SubjectsOf, period: Period): StageRow {
  const { late, onCandidate, arm } = latenessOf(rollout, subjects, period)
  const { window_hours, outcome_hours } = rollout.config.subjects!
  const says = `${late} subjects were told of only after ${window_hours} + ${outcome_hours} hours, ${onCandidate} of them on the candidate`
  return dataRow(
    'late',
    arm === null,
    late,
    null,
    arm === null
      ? says
      : `${says}: one arm is told of later, so the arms are not compared at one age. Log a run when it starts, or declare more outcome_hours`,
  )
}

/** Where one arm serves everyone nothing is split, and nothing can be wrong with it. */
function fallsAsDeclared(subjects: readonly Entered[], share: number) {
  if (share === 0 || share === 1)
    return { holds: true, evidence: 1, hits: subjects.filter((of) => of.arm === 'candidate').length }
  const found = splitEvidence(
    subjects.map((of) => of.arm === 'candidate'),
    share,
  )
  return { ...found, holds: isBelow(found.evidence, 1 / SPLIT_LEVEL) }
}

/** A shadow that never came is no measurement: an arm that loses its failed runs would look better than it is. */
function pairsRow({ config }: Rollout, tested: readonly Entered[]): StageRow {
  const pairs = tested.filter((of) => of.arm === null).flatMap((of) => of.known)
  const lone = pairs.filter(({ baseline, candidate }) => baseline === null || candidate === null).length
  const share = pairs.length === 0 ? 0 : lone / pairs.length
  const limit = config.max_unmeasured_share
  return dataRow('pairs', isAtMost(share, limit), tidy(share), limit, `${lone} of ${pairs.length} pairs lack one arm`)
}

/** Runs that were assigned to an arm, and of how many of them the outcome came. */
function outcomesRow({ config }: Rollout, tested: readonly Entered[], arm: Arm): StageRow {
  const runs = tested.flatMap((of) => runsIn(of.known, arm))
  const without = runs.filter(isPending).length
  const before = tested.flatMap((of) => runsIn(of.tested, arm)).filter(isPending).length
  const share = runs.length === 0 ? 0 : without / runs.length
  const limit = config.max_unmeasured_share
  return dataRow(
    `outcomes.${arm}`,
    isAtMost(share, limit),
    tidy(share),
    limit,
    `${without} of ${runs.length} runs assigned to the ${arm} have no outcome${isBelow(without, before) ? `; ${before} had none when they were tested, and counted against harm` : ''}`,
  )
}

const isPending = ({ outcome_at }: ProductionRun): boolean => outcome_at === null

/** What is shown and not tested yet. */
function openRow({ config }: Rollout, subjects: Subjects, period: Period): StageRow {
  const here = openIn(subjects, period)
  const runs = here.flatMap((of) => runsIn(of.known))
  const drop = observedRise(runs, (run) => badnessOf('utility', run, config))
  return dataRow(
    'open',
    true,
    here.length,
    null,
    here.length === 0
      ? 'every subject that was told of is tested'
      : `${here.length} subjects with ${runs.length} runs are shown and not tested yet, the next enters at ${subjects.next}; drop of utility among them so far ${inPoints(drop)}`,
  )
}

const inPoints = (value: number | null): string => (value === null ? 'not known' : points(value))

/** What came after a subject was tested: the report of it is another then, the bets stay. */
function revisedRow({ config }: Rollout, tested: readonly Entered[]): StageRow {
  const revised = tested.filter((of) => !sameItems(of)).length
  const rise = (of: 'tested' | 'known') =>
    observedRise(
      tested.flatMap((subject) => runsIn(subject[of])),
      (run) => badnessOf('utility', run, config),
    )
  return dataRow(
    'revised',
    true,
    revised,
    null,
    revised === 0
      ? 'nothing was told of a subject after it was tested'
      : `of ${revised} subjects more was told after they were tested; no bet is undone. Drop of utility as tested ${inPoints(rise('tested'))}, as known now ${inPoints(rise('known'))}`,
  )
}

const sameItems = ({ tested, known }: Entered): boolean =>
  tested.length === known.length &&
  tested.every((item, i) => sameRun(item.baseline, known[i]!.baseline) && sameRun(item.candidate, known[i]!.candidate))

const sameRun = (a: ProductionRun | null, b: ProductionRun | null): boolean =>
  a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b))
