/** Which arm routing gives a subject, computed again from rollout and subject: a log that says another one has crossed them. */
import type { Arm, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { bucketOf, limitOf } from './assign-arm.ts'
import { routingOf } from './routing.ts'

/** Share of the compared subjects of a period that get the candidate, as routing then says. */
export function routedShare(rollout: Rollout, period: Period): number {
  if (period === 'window') return 1
  const { cohorts } = routingOf({ ...rollout, status: 'running', stage: period })
  return cohorts.at(-1)!.share
}

/**
 * The arm of a run that may be compared. Its subject was split by its stage's share alone (`assignArm` says `compared` of no
 * other), so neither attributes nor earlier stages are asked.
 * @param share of its period
 */
export const routedArm = ({ rollout_id }: Pick<Rollout, 'rollout_id'>, subject: string, share: number): Arm =>
  isBelow(bucketOf(`${rollout_id}/${subject}`), limitOf(share)) ? 'candidate' : 'baseline'

/** Subjects of each recorded arm, and how many of them routing gives to the other. */
export type Crossings = Readonly<Record<Arm, { readonly subjects: number; readonly crossed: number }>>

/** Share of an arm's subjects from which on its name is wrong rather than its subjects. */
const SWAPPED = 0.8

/** Are both arms recorded under each other's name? Ids that routing never saw would cross at most one of them so far. */
export const areSwapped = ({ baseline, candidate }: Crossings): boolean =>
  [baseline, candidate].every(({ subjects, crossed }) => subjects > 0 && isAtLeast(crossed / subjects, SWAPPED))
