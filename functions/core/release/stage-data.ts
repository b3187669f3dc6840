/** Production runs of one period, counted: per arm, per measure, each subject once; and the observed differences. */
import { isOwnMetric, type OwnMetric, scoredBy } from '#schemas/metrics.ts'
import type { Arm, ProductionRun, Rollout, RolloutConfig } from '#schemas/release.ts'
import type { StageGate } from '#schemas/stage-config.ts'
import type { Period } from '#schemas/stages.ts'
import { isAtMost } from '../statistics/compare.ts'
import { measured, ownScore } from '../statistics/measured.ts'
import type { HarmRule } from './harm-evidence.ts'

/** Measures that a stage's gate names; all are "more is worse" after `badnessOf`. Several scores of one's own go by their names. */
export type GateMeasure = Exclude<keyof StageGate, 'own_scores'> | OwnMetric
const GATE_MEASURES = ['utility', 'slow_share', 'economics_cents', 'corrected_share', 'escalated_share'] as const

/** Those that a configuration declares: all of them, and what it names of scores of one's own. */
export const gatedBy = (config: RolloutConfig): readonly GateMeasure[] => [
  ...GATE_MEASURES,
  ...ownScoresOf(config).map(({ measure }) => measure),
]

/** What a gate allows of a measure; null: it does not gate by it. */
export const limitIn = (gate: StageGate, measure: GateMeasure): number | null =>
  (isOwnMetric(measure) ? gate.own_scores?.[measure] : gate[measure]) ?? null

/** Scores of one's own that a configuration declares, by what each is called there. */
export const ownScoresOf = ({ own_score: one, own_scores: several = {} }: RolloutConfig) => [
  ...(one === undefined ? [] : [{ ...one, measure: 'own_score' as const }]),
  ...Object.entries(several).map(([name, of]) => ({ ...of, metric: name as OwnMetric, measure: name as OwnMetric })),
]

/** A declared score of a run. Null: not measured. Where several are declared, one without its name is none of them. */
export const declaredScore = (metric: OwnMetric, { measures }: ProductionRun, config: RolloutConfig): number | null =>
  config.own_scores !== undefined && measures.own_scores === undefined ? null : ownScore(scoredBy(metric), measures)

const flag = (value: boolean | null): number | null => (value === null ? null : value ? 1 : 0)

/** How bad a run is by a measure; null: not measured. Utility is turned round, so that a drop is a rise of badness. */
export function badnessOf(measure: GateMeasure, run: ProductionRun, config: RolloutConfig): number | null {
  const { measures } = run
  switch (measure) {
    case 'utility': {
      const score = measured('utility_score', measures)
      return score === null ? null : 1 - score
    }
    case 'slow_share': {
      if ('not_measured' in config.latency || !Number.isFinite(config.latency.slow_ms)) return null
      const ms = measured('latency_ms', measures)
      return ms === null ? null : flag(!isAtMost(ms, config.latency.slow_ms))
    }
    case 'economics_cents':
      return measured('economics_cents', measures)
    case 'corrected_share':
      return flag(measures.operator_corrected)
    case 'escalated_share':
      return flag(measures.escalated)
    default: {
      const own = ownScoresOf(config).find((one) => one.measure === measure)
      const score = own === undefined ? null : declaredScore(own.metric, run, config)
      return score === null ? null : own!.direction === 'decrease' ? score : 1 - score
    }
  }
}

/** A floor of the configuration. */
export type Floor = 'policy' | 'safety' | 'approval_bypass'
/** Floor -> the measure that breaks it. */
export const FLOORS = {
  policy: 'policy_violation',
  safety: 'safety_violation',
  approval_bypass: 'approval_bypass',
} as const satisfies Record<Floor, keyof ProductionRun['measures']>
export const FLOOR_NAMES = Object.keys(FLOORS) as readonly Floor[]

/**
 * The sequentially tested rules of a rollout: utility always; latency, cost, scores of one's own and the rise of a floor over the
 * baseline where they are declared. The level is split evenly.
 */
export function harmRules(config: RolloutConfig): HarmRule[] {
  const { latency, economics, floors } = config
  const rule = (name: string, measure: GateMeasure, tolerated: number): HarmRule => ({
    name,
    badness: (run) => badnessOf(measure, run, config),
    tolerated,
  })
  return [
    rule('utility', 'utility', config.utility.max_drop),
    ...('not_measured' in latency ? [] : [rule('latency', 'slow_share', latency.max_slow_rise)]),
    ...(economics === undefined
      ? []
      : [
          {
            name: 'economics',
            badness: cutCost(economics.max_cents),
            tolerated: economics.max_rise / economics.max_cents,
          },
        ]),
    ...ownScoresOf(config).map(({ measure, max_worse }) => rule(measure, measure, max_worse)),
    ...FLOOR_NAMES.flatMap((floor): HarmRule[] => {
      const limit = floors[floor]
      if ('not_measured' in limit || limit.max_rise === undefined) return []
      return [{ name: floor, badness: ({ measures }) => flag(measures[FLOORS[floor]]), tolerated: limit.max_rise }]
    }),
  ]
}

/** What a run costs as a part of the most that it counts for. */
export const cutCost =
  (maxCents: number) =>
  ({ measures }: ProductionRun): number | null => {
    const cents = measured('economics_cents', measures)
    return cents === null ? null : Math.min(cents, maxCents) / maxCents
  }

/** Runs of a rollout, in log order; those of another rollout or intent say nothing here. */
export const runsOf = ({ rollout_id, intent }: Rollout, runs: readonly ProductionRun[]): ProductionRun[] =>
  runs.filter((run) => run.rollout_id === rollout_id && run.intent === intent)

/** Those of them that ran the tuple of their arm: a run of another one proves nothing about either. */
export const usableRuns = (rollout: Rollout, runs: readonly ProductionRun[]): ProductionRun[] =>
  runsOf(rollout, runs).filter((run) => run.release_tuple_id === rollout[run.arm].release_tuple_id)

/** Runs of a period that may be compared, the first of each subject in each arm. */
export function firstOfSubjects(runs: readonly ProductionRun[], period: Period): ProductionRun[] {
  const seen = new Set<string>()
  return runs.filter((run) => {
    if (run.period !== period || !(run.compared || run.pair !== null)) return false
    const key = `${run.arm}\n${run.subject}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Mean badness of an arm over what was measured; null when nothing was. */
function armMean(
  runs: readonly ProductionRun[],
  arm: Arm,
  badness: (run: ProductionRun) => number | null,
): number | null {
  let sum = 0
  let count = 0
  for (const run of runs) {
    const bad = run.arm === arm ? badness(run) : null
    if (bad === null) continue
    sum += bad
    count++
  }
  return count === 0 ? null : sum / count
}

/** Candidate minus baseline of a measure's mean badness: above 0 the candidate is worse. Null when an arm has no value. */
export function observedRise(
  runs: readonly ProductionRun[],
  badness: (run: ProductionRun) => number | null,
): number | null {
  const [candidate, baseline] = [armMean(runs, 'candidate', badness), armMean(runs, 'baseline', badness)]
  return candidate === null || baseline === null ? null : candidate - baseline
}
