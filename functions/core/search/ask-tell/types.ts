export type FieldValue = number | string
export type Space = Readonly<
  Record<
    string,
    | { readonly kind: 'ordered'; readonly values: readonly number[] }
    | { readonly kind: 'categorical'; readonly values: readonly string[] }
  >
>
export type Values = Readonly<Record<string, FieldValue>>
export interface Objective {
  readonly metric: string
  readonly direction: 'decrease' | 'increase'
}
export interface Constraint {
  readonly metric: string
  readonly min?: number
  readonly max?: number
  readonly relative_to_baseline?: boolean
}
export interface SearchBudget {
  readonly candidates?: number
  readonly replays?: number
}
export interface SearchOptions {
  readonly space: Space
  readonly baseline: Values
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
  readonly seed: number
  readonly exact_below?: number
  readonly budget?: SearchBudget
}
export interface Proposal {
  readonly id: string
  readonly values: Values
}
export type Metrics = Readonly<Record<string, number | null>>
export interface Observation {
  readonly id: string
  readonly metrics: Metrics | null
  readonly replays?: number
}
export interface Best {
  readonly id: string
  readonly values: Values
  readonly metrics: Metrics
}
export interface Search {
  ask(n?: number): readonly Proposal[]
  tell(observations: readonly Observation[]): void
  best(): Best | null
}
