/** A target with every question answered, defaults written out. The only place where defaults of the contract stand. */
import type { MetricName } from '#schemas/metrics.ts'
import type { BaselineTuple } from '#schemas/pack.ts'
import type { Guardrails, MetricRange, TuningTarget } from '#schemas/target.ts'

/** Default rate that a certificate excludes where none is allowed (no sample proves a rate of zero). */
export const DEFAULT_VIOLATION_RATE = 0.01
/** Default share of families of which a floor may know nothing. */
export const DEFAULT_NOT_RECORDED = 0.02
/** Default share of all decisions above which a family is named. */
export const DEFAULT_FAMILY_SHARE = 0.05
/** Default share of families that a store seals away. */
export const DEFAULT_SHARE = 0.5
/** Default error budget of a held-out version. */
export const DEFAULT_ALPHA = 0.05

export interface ResolvedTarget {
  readonly intent: string
  readonly metric: MetricName
  readonly direction: 'decrease' | 'increase'
  readonly baseline_tuple: BaselineTuple
  readonly guardrails: Guardrails
  readonly ranges: Readonly<Partial<Record<MetricName, MetricRange>>>
  readonly not_measured: Readonly<Record<string, string>>
  /** Dimension or evaluator -> why the owner says that nothing of it is at stake. */
  readonly not_at_stake: Readonly<Record<string, string>>
  readonly search_space: readonly string[]
  readonly search_set: string
  readonly heldout_share: number
  readonly alpha: number
  /** K as declared; null: chosen by the size of the sealed set. */
  readonly questions: number | null
  /** Share of families of which a floor may know nothing. */
  readonly max_not_recorded: number
  /** Share of all decisions above which a family is named. */
  readonly max_family_share: number
  readonly release_path: NonNullable<TuningTarget['release_path']>
  readonly owner: string
  readonly max_fields: number
  readonly max_decision: number
}

/** Resolved form of a target whose contract is answered; the caller has refused every other. */
export function resolveTarget(target: TuningTarget): ResolvedTarget {
  return {
    intent: target.intent!,
    metric: target.metric!,
    direction: target.direction!,
    baseline_tuple: target.baseline_tuple!,
    guardrails: target.guardrails ?? {},
    ranges: target.ranges ?? {},
    not_measured: { ...target.not_measured },
    not_at_stake: { ...target.not_at_stake },
    search_space: target.search_space!,
    search_set: target.visible_data!.search_set,
    heldout_share: target.visible_data!.heldout_share ?? DEFAULT_SHARE,
    alpha: target.scoring!.alpha ?? DEFAULT_ALPHA,
    questions: target.scoring!.questions ?? null,
    max_not_recorded: target.scoring!.max_not_recorded ?? DEFAULT_NOT_RECORDED,
    max_family_share: target.scoring!.max_family_share ?? DEFAULT_FAMILY_SHARE,
    release_path: target.release_path!,
    owner: target.owner!,
    max_fields: target.blast_radius?.max_fields ?? 2,
    max_decision: target.blast_radius?.max_decision ?? 0.1,
  }
}

/** Tolerated utility drop of a target as a positive share; 0 where utility itself is the metric. */
export const marginOf = ({ guardrails }: ResolvedTarget): number => Math.abs(guardrails.utility_delta?.min ?? 0)
