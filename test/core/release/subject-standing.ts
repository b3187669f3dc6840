import { instantAfter } from '#core/instant.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import type { ProductionRun, Rollout, RolloutConfig } from '#schemas/release.ts'
import type { SubjectRules } from '#schemas/subject-rules.ts'
import { aConfig, started } from './builders.ts'
import { productionOf, type World } from './production-world.ts'

export const DAY = { window_hours: 24, outcome_hours: 24, max_runs: 20, max_crossed_share: 0.02 }
export const SILENT = { not_measured: 'not looked at here' }

/** A rollout that stands in a stage, with half of the subjects on each arm. */
export function standing(
  subjects: SubjectRules = DAY,
  over: Partial<RolloutConfig> = {},
  stage: Rollout['stage'] = '1%_internal',
) {
  const config = aConfig({ subjects, latency: SILENT, ...over })
  config.stages[stage].gate = {
    utility: 0.05,
    slow_share: null,
    economics_cents: 0.2,
    corrected_share: null,
    escalated_share: null,
  }
  return { ...started({ config }), stage }
}

export const PERIOD = '1%_internal'
export const log = (rollout: Rollout, seed: number, world: World) =>
  productionOf(rollout, seed, { period: PERIOD, ...world })
/** Before the deadline of the stage, and after every window. */
export const verdictOn = (rollout: Rollout, runs: readonly ProductionRun[], hours = 24 * 9) =>
  evaluateStage({ rollout, runs, now: instantAfter(rollout.entered_at, hours) })
export const reasons = (verdict: ReturnType<typeof verdictOn>) =>
  'reasons' in verdict ? verdict.reasons.filter((r) => r.verdict !== 'good').map((r) => r.rule) : []
export const row = (verdict: ReturnType<typeof verdictOn>, rule: string) => verdict.rows.find((r) => r.rule === rule)!

/** How often each verdict comes out of so many worlds. */
export function outcomes(rollout: Rollout, worlds: number, world: World): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let seed = 1; seed <= worlds; seed++) {
    const { verdict } = verdictOn(rollout, log(rollout, seed, world))
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  return counts
}
