/**
 * The numbers of a case as a decision may read them. Here alone they are read (a test of the house sees to it): a record of
 * an earlier version, a sealed line or a production log may hold what no contract of today would take.
 */
import { type AmountName, type FlagName, mostOf, OWN_MEASURE, type OWN_MEASURES } from '#schemas/measures.ts'
import type { Measures } from '#schemas/suite.ts'
import { isWithin } from './compare.ts'

/**
 * A measure of a case, in its own unit. Null: it was not measured, or what stands there was no measurement (NaN, infinite,
 * below 0, above the most that it can be).
 */
export const measured = (name: AmountName, measures: Pick<Measures, AmountName>): number | null =>
  asMeasured(name, measures[name])

/** The same of a value that stands alone, such as a recorded latency. */
export const asMeasured = (name: AmountName, value: number | null | undefined): number | null =>
  typeof value === 'number' && isWithin(value, 0, mostOf(name)) ? value : null

/** The score of an evaluator that a suite marks. Null: not measured. It stands under its name where the suite marks several. */
export function ownScore(evaluator: string, { own_score, own_scores }: OwnScored): number | null {
  return asMeasured(OWN_MEASURE, own_scores === undefined ? own_score : own_scores[evaluator])
}

type OwnScored = Pick<Measures, typeof OWN_MEASURE | typeof OWN_MEASURES>

/** A flag of a case. Null: it was not measured, or what stands there is neither true nor false. */
export function flagOf(name: FlagName, measures: Pick<Measures, FlagName>): boolean | null {
  const value: unknown = measures[name]
  return typeof value === 'boolean' ? value : null
}
