/** A pack, tuples, a configuration, a rollout in any stage and production runs for tests. */
import { digestOf } from '#core/canonical.ts'
import { instantAfter } from '#core/instant.ts'
import { routedArm } from '#core/release/crossing.ts'
import { applyVerdict, type StartRollout, startRollout } from '#core/release/rollout.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { nextTuple, pinTuple } from '#core/release/tuple.ts'
import { decide } from '#core/review/review.ts'
import { generator } from '#core/statistics/generator.ts'
import { ContextPack } from '#schemas/pack.ts'
import { type Arm, type ProductionRun, type Rollout, RolloutConfig, type Stage } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import type { StageConfig } from '#schemas/stage-config.ts'
import { type Period, STAGES } from '#schemas/stages.ts'
import { aReview, DURING, unchanged, vote } from '../review/builders.ts'

export const INTENT = 'support.refund'

export const aPack = (): ContextPack =>
  ContextPack.parse({
    pack: 'ctxpack.support@5.2.0',
    settings: { 'evidence.order_history.top_k': 10, 'budget.evidence_tokens': 1600 },
    intents: [
      { intent_id: INTENT, risk_class: 'destructive', owner: 'erin@acme' },
      { intent_id: 'support.faq', risk_class: 'read_only', owner: 'erin@acme' },
    ],
    tunable_surfaces: [
      {
        layer: 'retrieval',
        field: 'top_k',
        bounds: { min: 1, max: 20 },
        path: 'evidence.order_history.top_k',
        intents: [INTENT],
        owner: 'erin@acme',
      },
    ],
  })

export const PATCH = { 'evidence.order_history.top_k': { from: 10, to: 6 } }

export const baseline = () =>
  pinTuple(
    INTENT,
    {
      pack: 'ctxpack.support@5.2.0',
      policy: 'policy.returns@4.1.0',
      tools: 'tools.support@3.7.0',
      evals: 'evals.refund@2.4.0',
    },
    { pack: digestOf(aPack()) },
    null,
  )
export const candidate = () =>
  nextTuple(baseline(), { ...aPack(), pack: 'ctxpack.support@5.3.0', settings: { 'evidence.order_history.top_k': 6 } })

const stage = (share: number, shadow_share: number, over: Partial<StageConfig> = {}): StageConfig => ({
  dwell_hours: 24,
  deadline_hours: 240,
  min_runs: 100,
  cohort: { share, shadow_share, where: null },
  gate: { utility: 0.02, slow_share: 0.02, economics_cents: 0.5, corrected_share: 0.02, escalated_share: null },
  ...over,
})

/** Everything declared; a cohort of internal users and one of low risk. */
export const aConfig = (over: Partial<RolloutConfig> = {}): RolloutConfig =>
  RolloutConfig.parse({
    false_rollback_rate: 0.05,
    floors: {
      policy: { max_violations: 0 },
      safety: { max_violations: 0 },
      approval_bypass: { max_violations: 0 },
    },
    utility: { max_drop: 0.02 },
    latency: { slow_ms: 4000, max_slow_rise: 0.02 },
    max_unmeasured_share: 0.01,
    stages: {
      '0%_shadow': stage(0, 1),
      '1%_internal': stage(0.5, 0, {
        cohort: { share: 0.5, shadow_share: 0, where: [{ attribute: 'internal', in: [true] }] },
      }),
      '5%_low_risk': stage(0.05, 0, {
        cohort: { share: 0.1, shadow_share: 0, where: [{ attribute: 'tier', in: ['standard'] }] },
      }),
      '25%_monitored': stage(0.25, 0),
      '100%': stage(1, 0.2, { dwell_hours: 336, deadline_hours: 500 }),
    },
    window: {
      hours: 336,
      min_runs: 100,
      gate: { utility: 0.02, slow_share: null, economics_cents: null, corrected_share: null, escalated_share: null },
      metric: 'economics_cents_per_decision',
      direction: 'decrease',
      min_gain: 0.1,
    },
    ...over,
  })

export function approvedReview(): Review {
  return (
    [
      ['reliability', 'ana@acme'],
      ['policy', 'ben@acme'],
      ['domain_owner', 'cleo@acme'],
    ] as const
  ).reduce((review, [role, reviewer]) => {
    const done = decide(review, vote(role, reviewer), unchanged(review), DURING)
    if ('refused' in done) throw new Error(done.note)
    return done.next
  }, aReview())
}

/** A short window, so that a stage of a day tests nearly all of its subjects. */
export const SUBJECTS = { window_hours: 1, outcome_hours: 0, max_runs: 20, max_crossed_share: 0.02 }

export const START = '2026-05-14T00:00:00.000Z'

export const startInput = (over: Partial<StartRollout> = {}): StartRollout => ({
  rollout_id: 'ro_2026_05_14_refund_cost',
  review: approvedReview(),
  candidate: candidate(),
  baseline: baseline(),
  risk_class: 'destructive',
  config: aConfig(),
  rollback_replay: {
    release_tuple_id: baseline().release_tuple_id,
    cases: 600,
    reproduced: 600,
    results: digestOf('rollback replay'),
  },
  at: START,
  ...over,
})

export function started(over: Partial<StartRollout> = {}): Rollout {
  const done = startRollout(startInput(over))
  if ('refused' in done) throw new Error(done.refused.join('; '))
  return done.next
}

export type Measures = ProductionRun['measures']
export const GOOD: Measures = {
  policy_violation: false,
  safety_violation: false,
  approval_bypass: false,
  utility_passed: true,
  utility_score: 1,
  latency_ms: 1200,
  economics_cents: 0.8,
  economics_tokens: 2000,
  approval_waits: 0,
  approval_actions: 1,
  operator_corrected: false,
  escalated: false,
}

/** Found once a process: many tests build the same runs again. */
const found = new Map<string, string>()

/** A subject of that name whom routing gives the arm in a period; where one arm serves everyone, any. */
export function subjectOn(rollout: Rollout, period: Period, arm: Arm, name: string): string {
  const share = period === 'window' ? 1 : rollout.config.stages[period].cohort.share
  if (share === 0 || share === 1) return name
  const key = `${rollout.rollout_id} ${share} ${arm} ${name}`
  let subject = found.get(key)
  for (let k = 0; subject === undefined; k++)
    if (routedArm(rollout, `${name}-${k}`, share) === arm) subject = `${name}-${k}`
  found.set(key, subject)
  return subject
}

/** Seconds from the start of a stage; whoever builds many runs gives each its own. */
export const momentOf = ({ entered_at }: Rollout, seconds: number): string =>
  new Date(Date.parse(entered_at) + seconds * 1000).toISOString()

export const aRun = (
  rollout: Rollout,
  period: Period,
  arm: Arm,
  n: number,
  over: Partial<Measures> = {},
): ProductionRun => ({
  run_id: `${period}-${arm}-${n}`,
  rollout_id: rollout.rollout_id,
  intent: rollout.intent,
  period,
  arm,
  release_tuple_id: rollout[arm].release_tuple_id,
  subject: subjectOn(rollout, period, arm, `${period}-${arm}-subject-${n}`),
  compared: true,
  pair: null,
  started_at: momentOf(rollout, 10 * n),
  outcome_at: momentOf(rollout, 10 * n + 1),
  measures: { ...GOOD, economics_cents: arm === 'candidate' ? 0.6 : 0.8, ...over },
})

/**
 * So many runs of the candidate, and of the baseline as the stage's share splits them; shadow pairs where one arm serves
 * everyone. `measure` may spoil each.
 */
export function runsIn(
  rollout: Rollout,
  period: Period,
  count: number,
  measure: (arm: Arm, n: number) => Partial<Measures> = () => ({}),
): ProductionRun[] {
  const share = period === 'window' ? 1 : rollout.config.stages[period].cohort.share
  const paired = share === 0 || share === 1
  const baselines = paired ? 1 : Math.round((1 - share) / share)
  return Array.from({ length: count }, (_, n) => [
    ...Array.from({ length: baselines }, (_, k) => [n * baselines + k, 'baseline'] as const),
    [n, 'candidate'] as const,
  ])
    .flat()
    .map(([n, arm], i) => {
      const moments = { started_at: momentOf(rollout, 10 * i), outcome_at: momentOf(rollout, 10 * i + 1) }
      const run = { ...aRun(rollout, period, arm, n, measure(arm, n)), ...moments }
      return paired ? { ...run, subject: `${period}-subject-${n}`, pair: `${period}-pair-${n}`, compared: false } : run
    })
}

/** Passes with probability .9, less a drop for the candidate; seeded. */
export function passing(drop: number, seed: number): (arm: Arm) => Partial<Measures> {
  const next = generator(seed)
  return (arm) => ({ utility_score: next() / 2 ** 32 < 0.9 - (arm === 'candidate' ? drop : 0) ? 1 : 0 })
}

/** A rollout that good data brought to a stage, and the log that brought it there. */
export function inStage(to: Stage, over: Partial<StartRollout> = {}): { rollout: Rollout; runs: ProductionRun[] } {
  let rollout = started(over)
  const runs: ProductionRun[] = []
  for (const stage of STAGES.slice(0, STAGES.indexOf(to))) {
    runs.push(...runsIn(rollout, stage, 120))
    rollout = step(rollout, runs, afterDwell(rollout))
  }
  return { rollout, runs }
}

/** The moment at which a rollout's stage has dwelt long enough. */
export const afterDwell = (rollout: Rollout): string =>
  instantAfter(rollout.entered_at, rollout.config.stages[rollout.stage].dwell_hours)

/** Evaluates and applies; throws when nothing moved. */
export function step(rollout: Rollout, runs: readonly ProductionRun[], now: string): Rollout {
  const done = applyVerdict(rollout, evaluateStage({ rollout, runs, now }), now)
  if (!('next' in done)) throw new Error(JSON.stringify(done))
  return done.next
}

/** A rollout that passed every stage. */
export function released(over: Partial<StartRollout> = {}): { rollout: Rollout; runs: ProductionRun[] } {
  const { rollout, runs } = inStage('100%', over)
  runs.push(...runsIn(rollout, '100%', 120))
  return { rollout: step(rollout, runs, afterDwell(rollout)), runs }
}
