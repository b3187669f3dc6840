/**
 * Utility by a model judge: what of a tolerated drop is left when its disagreement with people is set aside (the held-out
 * gate, "Judges"). A judge that nobody can be compared with certifies nothing.
 */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Stake } from '../contract/stakes.ts'
import { readsLabel, suiteJudges } from '../evaluate/judge-labels.ts'
import { upperRate } from '../statistics/binomial.ts'

/** Error of the bound on a judge's disagreement. */
const JUDGE_LEVEL = 0.05

/** What a judge costs. `e`: upper 95 % bound of its disagreement with people; null: no case was labelled by both. */
export interface Judge {
  readonly overlap: number
  readonly disagreements: number
  readonly e: number | null
}

/** The judge behind the labels of utility; null: a judge gave none of them. */
export function judgeOf({ pinned }: Pick<HeldoutVersion, 'pinned'>, suite: EvaluatorSuite): Judge | null {
  const counted = pinned?.judge
  // Sealed before labels were looked at: the suite's word is all there is.
  if (!counted) return suiteJudges(suite) ? { overlap: 0, disagreements: 0, e: null } : null
  if (counted.families === 0) return null
  const { overlap, disagreements } = counted
  return { overlap, disagreements, e: overlap === 0 ? null : judgeError(disagreements, overlap) }
}

/** e: upper 95 % bound of the rate at which a judge and people differ. */
export const judgeError = (disagreements: number, overlap: number): number =>
  upperRate(disagreements, overlap, JUDGE_LEVEL)

/** Does a judge stand behind a binary floor: by the suite's word, or because it reads labels that the records call a judge's? */
export const isJudgedFloor = ({ floor }: Stake, { pinned }: Pick<HeldoutVersion, 'pinned'>): boolean =>
  floor.kind === 'judge' || (readsLabel(floor) && (pinned?.judge?.families ?? 0) > 0)

/** What is left of a margin, or why nothing can be certified. */
export type Left = { readonly margin: number } | { readonly unmeasured: string }

/**
 * `certified drop + 2e <= m`: a judge may be wrong about the baseline and about the change.
 * @param m tolerated drop, a share above 0
 * @param graded scores are compared, not pass and fail
 */
export function marginLeft(judge: Judge | null, m: number, graded: boolean): Left {
  if (judge === null) return { margin: m }
  if (judge.e === null)
    return {
      unmeasured:
        'not measured: a model judge gave these labels, and of no search family a person labelled the same case: correct outcomes, or record scores of kind human that are 0 or 1',
    }
  if (graded)
    return {
      unmeasured:
        'not measured: a model judge’s scores are held against people as pass and fail alone: leave out graded',
    }
  const margin = m - 2 * judge.e
  if (margin > 0) return { margin }
  return {
    unmeasured: `not measured: ${judgeWording(judge)}, and twice that is above the tolerated ${points(m)}: have people label more of the same cases`,
  }
}

const points = (share: number): string => `${Number((100 * share).toPrecision(3))} points`

/** A bound for people is never below the bound: the last digit is rounded up. */
export const upTo = (share: number): number => Math.ceil(1e5 * share) / 1e3

/** `a judge gave the labels; it differs from people in 2 of 400 families, < 1.57 points` */
export const judgeWording = ({ overlap, disagreements, e }: Judge): string =>
  `a judge gave the labels; it differs from people in ${disagreements} of ${overlap} families${e === null ? '' : `, < ${upTo(e)} points`}`
