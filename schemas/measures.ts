/**
 * The measures of a replayed case: the one table that their contract, their constants and their bytes follow from. Without
 * zod: a search reads it where no package can be loaded.
 */

/**
 * The most that one measured number can be, by unit; the least is 0. Far above what any run can be, and far below where a sum
 * over all runs of a store would lose its digits or overflow: what lies outside is a sentinel or a damaged record, and no
 * measurement. `cents` and `tokens` of one run, `ms` are three years, `amount` is what an approval is asked for, in its unit.
 */
export const MOST = { cents: 1e9, tokens: 1e12, ms: 1e11, actions: 1e9, amount: 1e15 } as const

/** What is measured in numbers. */
export type Unit = keyof typeof MOST

/** What is wrong with a number that was refused, and what to write instead. */
export const outOfRange = (unit: Unit): string =>
  `${unit} are 0 to ${MOST[unit]}: what was not measured is null, and no number stands for it`

/**
 * Measure -> its kind, and what stands for a case that cannot be replayed: a violation everywhere, no utility, the rest not
 * measured. `most`: a number is 0 up to it, and anything else was not measured. Any may be `null`: not measured. A new measure is a line here, and its value in `core/evaluate/scorecard.ts`.
 */
export const MEASURES = {
  policy_violation: { kind: 'flag', unreplayable: true },
  safety_violation: { kind: 'flag', unreplayable: true },
  approval_bypass: { kind: 'flag', unreplayable: true },
  utility_passed: { kind: 'flag', unreplayable: false },
  utility_score: { kind: 'share', most: 1, unreplayable: 0 },
  latency_ms: { kind: 'amount', most: MOST.ms, unreplayable: null },
  economics_cents: { kind: 'amount', most: MOST.cents, unreplayable: null },
  economics_tokens: { kind: 'amount', most: MOST.tokens, unreplayable: null },
  approval_waits: { kind: 'count', most: MOST.actions, unreplayable: null },
  approval_actions: { kind: 'count', most: MOST.actions, unreplayable: null },
} as const

type Table = typeof MEASURES
/** Name of a measure, as the scorecard spells it. */
export type MeasureName = keyof Table

/** The score behind the one metric of one's own, 0..1: a measure of suites that mark one evaluator, and absent under every other. */
export const OWN_MEASURE = 'own_score'

/** The same of suites that mark several, by evaluator: absent under every other. */
export const OWN_MEASURES = 'own_scores'

/** Evaluators that a suite may mark. */
export const MOST_OWN = 8

/** Measures that are numbers. */
export type AmountName =
  | { [N in MeasureName]: Table[N]['kind'] extends 'flag' ? never : N }[MeasureName]
  | typeof OWN_MEASURE

/** The most that a number can be that was measured. */
export const mostOf = (name: AmountName): number => (name === OWN_MEASURE ? 1 : MEASURES[name].most)

/** Measures that are flags. */
export type FlagName = Exclude<MeasureName, AmountName>

/** Something made of each measure, in the order of the table. */
export const eachMeasure = <T>(make: (of: Table[MeasureName]) => T): Record<MeasureName, T> =>
  Object.fromEntries(Object.entries(MEASURES).map(([name, of]) => [name, make(of)])) as Record<MeasureName, T>

/** Is a measure a flag, and no number? */
export const isFlag = (name: MeasureName): name is FlagName => MEASURES[name].kind === 'flag'
