/** What goes into `createSearch` and what its search hands out: shapes and their meaning, no behaviour. */

/**
 * A field lists its values: `ordered` ones are strictly increasing numbers, and neighbours are taken to behave alike;
 * `categorical` ones are distinct names without any order.
 */
export type Field =
  | { readonly kind: 'ordered'; readonly values: readonly number[] }
  | { readonly kind: 'categorical'; readonly values: readonly string[] }
export type Space = Readonly<Record<string, Field>>

/** One point of the space: a declared value for every field. */
export type Values = Readonly<Record<string, number | string>>

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

/** What is looked for. */
export interface Goal {
  readonly objective: { readonly metric: string; readonly direction: 'decrease' | 'increase' }
  readonly constraints: readonly Constraint[]
}

export interface SearchOptions extends Goal {
  readonly space: Space
  readonly baseline: Values
  /** Any safe integer; the same seed gives the same proposals. */
  readonly seed: number
  /** Fields in which a proposal may differ from the baseline; at least 1. @default all */
  readonly most_changed?: number
  /** Proposals handed out at most, the baseline included; at least 2. @default 500 */
  readonly evaluations?: number
}

/** A point to evaluate. The id names the proposal's number and the rank of each field's value: `17-9.2.6.0.4`. */
export interface Proposal {
  readonly id: string
  readonly values: Values
}

/** Values by metric. What is absent, null, NaN or infinite was not measured: it never counts as 0, nor as feasible. */
export type Metrics = Readonly<Record<string, number | null>>

/** The outcome of one evaluation. `metrics: null` is one that failed: its point may be proposed again. */
export interface Observation {
  readonly id: string
  readonly metrics: Metrics | null
}

export interface Search {
  /**
   * The next points to evaluate, at most `n` (a positive integer), the baseline before all others; `[]` when the space
   * or the budget is used up. A point that was measured is never proposed again; one whose evaluation failed is, up to
   * three times in all, and the baseline, on which relative limits rest, up to eight times, before anything else.
   */
  ask(n?: number): Proposal[]
  /** Takes outcomes in any order, all of them or (on an error) none. */
  tell(observations: readonly Observation[]): void
  /**
   * Of the points whose every constraint holds as observed, and by the models with a chance of 95 % where a constraint's
   * metric is noisy, the one with the best objective to be expected: the models' posterior mean given all observations
   * nearby, not the luckiest observation. `metrics` are those means; a metric whose noise its model holds for less than a
   * hundredth of its spread stands as observed. Null as long as there is no such point.
   */
  best(): (Proposal & { readonly metrics: Metrics }) | null
}
