/**
 * Subjects of a period that were told of only after their time, by arm: harmless where both arms are late alike. Of a run with its
 * shadow one arm tells that the other is late, so that a rollout learns in its shadow stage, where nothing can go back for it, what
 * a stage that splits subjects sees only once the late ones have come.
 */
import type { Arm, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { splitEvidence } from '../statistics/split-evidence.ts'
import { routedShare } from './crossing.ts'
import { testedIn } from './look.ts'
import type { Entered, SubjectsOf } from './subjects.ts'

interface Lateness {
  /** Subjects that were told of too late, or one arm of which was. */
  readonly late: number
  /** Those of them on the candidate. */
  readonly onCandidate: number
  /** The arm that alone is late; null: none, or both alike. */
  readonly arm: Arm | null
}

/** Chance that the split of a period is ever called wrong although it is as declared. It only pauses. */
export const SPLIT_LEVEL = 0.001

/** Lateness is of one arm or of both: what is looked for is no small shift. */
const LARGE_SHIFTS = 2

export function latenessOf(rollout: Rollout, subjects: SubjectsOf, period: Period): Lateness {
  const routed = subjects.arrived
    .filter((of) => of.period === period && of.late && !of.crossed)
    .map(({ arm }) => arm === 'candidate')
  const shadowed = testedIn(subjects, period)
    .flatMap((of) => (of.arm === null ? laterArm(of) : []))
    .map((arm) => arm === 'candidate')
  const share = routedShare(rollout, period)
  const arm = (share === 0 || share === 1 ? null : armOf(routed, share)) ?? armOf(shadowed, 0.5)
  const all = [...routed, ...shadowed]
  return { late: all.length, onCandidate: all.filter((on) => on).length, arm }
}

function armOf(onCandidate: readonly boolean[], share: number): Arm | null {
  const { evidence, hits, count } = splitEvidence(onCandidate, share, LARGE_SHIFTS)
  if (isBelow(evidence, 2 / SPLIT_LEVEL)) return null
  return isAtLeast(hits / count, share) ? 'candidate' : 'baseline'
}

/** The arm of which more runs of a subject were told of only after their time, the other's being there; none: both alike. */
function laterArm({ tested, known, late }: Entered): Arm[] {
  if (late) return []
  const pairOf = ({ baseline, candidate }: Entered['known'][number]) => (baseline ?? candidate)!.pair
  const before = new Map(tested.map((item) => [pairOf(item), item]))
  let more = 0
  for (const item of known) {
    const then = before.get(pairOf(item))
    if (then === undefined || item.baseline === null || item.candidate === null) continue
    more += Number(then.candidate === null) - Number(then.baseline === null)
  }
  return more === 0 ? [] : [more > 0 ? 'candidate' : 'baseline']
}
