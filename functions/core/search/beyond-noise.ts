/** Which failures under a live control are more than a model that is asked again: a floor that flips by itself was not broken by anything. */
import type { LiveNoise } from '#schemas/live-model.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { binomTail } from '../statistics/binomial.ts'

/** How often a model that nothing was taken from may pass for one that breaks. */
const LEVEL = 0.01

/**
 * Of how many families is a failure more than noise? Where a case passes with probability p, one draw passes and the next fails
 * with p(1 - p), and two differ with twice that: among failures under a control and cases that flipped in the draws of the
 * baseline, noise alone puts at most one of three on the control's side, and one of two where either direction counts. More of
 * them than the 1 % tail of that are the control's.
 *
 * @param failed families that failed under one settings table, where the baseline passed
 * @param flipped cases on which draws of the baseline differ
 */
export const isBeyondNoise = (failed: number, flipped: number, eitherWay = false): boolean =>
  failed > 0 && binomTail(failed, failed + flipped, eitherWay ? 1 / 2 : 1 / 3) <= LEVEL

/** Cases on which draws of the baseline differ, of one evaluator; one that the noise does not name flips everywhere. */
export const flippedBy = ({ evaluators }: LiveNoise, id: string): number =>
  evaluators.find(({ evaluator_id }) => evaluator_id === id)?.flipped ?? Number.MAX_SAFE_INTEGER

/** The same of utility, at most: those of all of its evaluators. */
export const flippedUtility = (noise: LiveNoise, { evaluators }: EvaluatorSuite): number =>
  evaluators
    .filter(({ dimension }) => dimension === 'utility')
    .reduce((sum, { evaluator_id }) => sum + flippedBy(noise, evaluator_id), 0)
