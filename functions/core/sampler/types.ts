/** What goes into `createSearch` and what its search hands out: shapes and their meaning, no behaviour. */

/** A value of one field: a number on an ordered field, a name on a categorical one. */
export type FieldValue = number | string

/**
 * The finite space to search: each field lists its values. `ordered` values are strictly increasing numbers, and
 * neighbours are taken to behave alike; `categorical` values are distinct names without any order.
 */
export type Space = Readonly<Record<string, OrderedField | CategoricalField>>
export interface OrderedField {
  readonly kind: 'ordered'
  readonly values: readonly number[]
}
export interface CategoricalField {
  readonly kind: 'categorical'
  readonly values: readonly string[]
}

/** One point of the space: a declared value for every field. */
export type Values = Readonly<Record<string, FieldValue>>

export interface Objective {
  readonly metric: string
  readonly direction: 'decrease' | 'increase'
}

/**
 * A hard constraint: `min <= metric <= max`, each side optional but not both. With `relative_to_baseline` the limit is
 * the baseline's own observed metric plus `min` or `max`: `{ min: -0.02, relative_to_baseline: true }` allows a loss of
 * .02 and no more. As long as the baseline's metric is missing nothing meets a relative constraint.
 */
export interface Constraint {
  readonly metric: string
  readonly min?: number
  readonly max?: number
  readonly relative_to_baseline?: boolean
}

export interface SearchBudget {
  /**
   * Points handed out at most, the baseline included; at least 2.
   * @default - every point when the search is exact, else 500
   */
  readonly candidates?: number
  /**
   * Case replays: nothing more is handed out once the told observations have paid this many; at least 2. An
   * observation that does not say what it paid counts as 1, and so does each point that is still out. The last
   * evaluation may overrun: what it costs is known only to the one who runs it.
   * @default - no limit
   */
  readonly replays?: number
}

export interface SearchOptions {
  readonly space: Space
  readonly baseline: Values
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
  /** Any safe integer; the same seed gives the same proposals. */
  readonly seed: number
  /**
   * A space with fewer points than this is visited to the last point, most promising first, so that the answer is
   * exact.
   * @default 1000
   */
  readonly exact_below?: number
  readonly budget?: SearchBudget
}

/** A point to evaluate. The id names the proposal's number and the rank of each field's value: `17-9.2.6.0.4`. */
export interface Proposal {
  readonly id: string
  readonly values: Values
}

export type Metrics = Readonly<Record<string, number | null>>

/**
 * The outcome of one evaluation. `metrics: null` is an evaluation that failed; a metric that is absent, null, NaN or
 * infinite was not measured. Neither counts as 0, can be feasible, or is asked for again.
 */
export interface Observation {
  readonly id: string
  readonly metrics: Metrics | null
  /** Case replays this evaluation paid, at least 0; counted against `budget.replays`. @default 1 */
  readonly replays?: number
}

/** The best point told so far that was measured in full and meets every constraint. */
export interface Best {
  readonly id: string
  readonly values: Values
  readonly metrics: Metrics
}

export interface Search {
  /**
   * The next points to evaluate, at most `n` (a positive integer), the baseline before all others; `[]` when the space
   * or the budget is used up. Points are never repeated.
   */
  ask(n?: number): Proposal[]
  /** Takes outcomes in any order, all of them or (on an error) none. */
  tell(observations: readonly Observation[]): void
  /** Judged on what was observed, noise and all; null as long as nothing feasible was told. */
  best(): Best | null
}
