/** Staged release: configuration, production runs, stage rows, promotion records, the rollout and its signed artifact. */
import * as z from 'zod'
import { Digest, Id, Name, RiskClass, Share, Stamp } from './common.ts'
import { MOST_OWN } from './measures.ts'
import { OwnMetricName } from './own-metric.ts'
import { ownScoreIssues } from './own-score-issues.ts'
import { ReleaseTuple } from './pack.ts'
import { Instant } from './review.ts'
import { hours, LIMITS, type Limits, NO_LIMITS, StageCohort, stageConfig, stageGate, upTo } from './stage-config.ts'
import { PERIODS, STAGE_SHARE, STAGES } from './stages.ts'
import { FloorLimit, SubjectRules } from './subject-rules.ts'
import { Scorecard } from './suite.ts'
import { TargetMetric } from './target.ts'

/** One of the five stages; their order is the order of a rollout (the article's "Pack Rollout in Five Stages"). */
export const Stage = z.enum(STAGES)
export type Stage = z.infer<typeof Stage>

const notMeasured = z.strictObject({ not_measured: z.string().min(3).max(500) })

/** How a score of one's own is tested. */
const ownLimit = {
  direction: z.enum(['decrease', 'increase']).meta({ description: 'Where better lies.' }),
  max_worse: z
    .number()
    .min(0)
    .lt(1)
    .meta({ description: 'By how much the true mean may be worse, as a part of the declared range.' }),
}

const rolloutConfig = (limits: Limits) =>
  z
    .strictObject({
      $schema: z.string().optional(),
      false_rollback_rate: z.number().gt(0).lt(1).meta({
        description: 'Largest chance that the sequential tests ever roll back a change that is within tolerance.',
      }),
      floors: z.strictObject({
        policy: FloorLimit,
        safety: FloorLimit,
        approval_bypass: z.union([FloorLimit, notMeasured]),
      }),
      utility: z.strictObject({
        max_drop: z.number().min(0).lt(1).meta({ description: 'Tolerated drop of the true mean.' }),
      }),
      latency: z.union([
        z.strictObject({
          slow_ms: upTo(limits.ms)
            .gt(0)
            .meta({ description: 'A run above this is slow, e.g. baseline p95 + tolerance.' }),
          max_slow_rise: z
            .number()
            .min(0)
            .lt(1)
            .meta({ description: 'Tolerated rise of the true share of slow runs.' }),
        }),
        notMeasured,
      ]),
      economics: z
        .strictObject({
          max_cents: upTo(limits.cents)
            .gt(0)
            .meta({ description: 'Most that one run counts for: what is above is cut to it.' }),
          max_rise: upTo(limits.cents).meta({ description: 'Tolerated rise of the true mean cents a run, cut so.' }),
        })
        .refine(({ max_cents, max_rise }) => max_rise < max_cents, {
          path: ['max_rise'],
          message: 'must be below max_cents: a rise by all that counts could never be shown',
        })
        .optional()
        .meta({ description: 'Left out: what a run costs is gated and not tested.' }),
      own_score: z
        .strictObject({
          metric: OwnMetricName.meta({ description: 'The evaluator that the suite marks as its metric.' }),
          ...ownLimit,
        })
        .optional()
        .meta({
          description:
            'Score of one’s own, tested and gated: `measures.own_score` of a production run, 0..1 over the range that the suite declares. Left out: it is not looked at.',
        }),
      own_scores: z
        .record(OwnMetricName, z.strictObject(ownLimit))
        .refine((of) => Object.keys(of).length > 0, 'names none: leave it out')
        .refine((of) => Object.keys(of).length <= MOST_OWN, `names at most ${MOST_OWN}`)
        .optional()
        .meta({
          description:
            'Several scores of one’s own, each tested and gated by its name: `measures.own_scores` of a production run.',
        }),
      subjects: SubjectRules.optional().meta({
        description: 'Left out: "rollout start" writes the defaults out, here and in the signed artifact.',
      }),
      max_unmeasured_share: Share.meta({ description: 'Of candidate runs that may lack a measure; above it: pause.' }),
      stages: z.strictObject({
        '0%_shadow': stageConfig(limits),
        '1%_internal': stageConfig(limits),
        '5%_low_risk': stageConfig(limits),
        '25%_monitored': stageConfig(limits),
        '100%': stageConfig(limits),
      }),
      window: z.strictObject({
        hours,
        min_runs: z.int().min(1),
        gate: stageGate(limits),
        metric: TargetMetric,
        direction: z.enum(['decrease', 'increase']),
        min_gain: upTo(limits.gain).meta({ description: 'Least gain of the metric for the release to be kept.' }),
      }),
    })
    .superRefine((config, ctx) => {
      for (const { path, message } of ownScoreIssues(config)) ctx.addIssue({ code: 'custom', path, message })
      const { stages } = config
      for (const stage of STAGES) {
        const { share, shadow_share, where } = stages[stage].cohort
        const issue = (field: string, message: string) =>
          ctx.addIssue({ code: 'custom', path: ['stages', stage, 'cohort', field], message })
        if (stage === '0%_shadow' && share !== 0) issue('share', 'is 0 here: the candidate cannot affect outcomes yet')
        if (stage === '100%' && (share !== 1 || where !== null)) issue('share', 'is 1 with no `where`: all traffic')
        if (where === null && share > STAGE_SHARE[stage])
          issue('share', `is at most ${STAGE_SHARE[stage]} for a cohort of all subjects; name attributes in \`where\``)
        if (stage !== '0%_shadow' && share === 0) issue('share', 'is above 0: an empty stage proves nothing')
        if ((share === 0 || share === 1) && shadow_share === 0)
          issue(
            'shadow_share',
            'is above 0 where one arm serves everyone: without the other arm nothing can be compared',
          )
      }
    })

/**
 * How a rollout goes forward and what brings it back. No field has a default (our decision: upstream leaves thresholds
 * open). A floor or a sequential test rolls back; missing data, a gate or a deadline pauses; a window without its gain
 * retires. Refused: a share above the stage's when its cohort names no attributes, a shadow that reaches people, a
 * stage in which nothing can be compared, and a limit that could limit nothing.
 */
export const RolloutConfig = rolloutConfig(LIMITS)
export type RolloutConfig = z.infer<typeof RolloutConfig>

/** A configuration as it was declared when its rollout started, by this version or by one before it. */
export const DeclaredConfig = rolloutConfig(NO_LIMITS)

/** The two tuples that production compares. */
const ARMS = ['baseline', 'candidate'] as const

/** `baseline` is the tuple in force, `candidate` the one on its way. */
export type Arm = (typeof ARMS)[number]

/** Attributes that a production run may declare. */
const MOST_ATTRIBUTES = 20

const moment = Instant.refine(
  (text) => Number.isFinite(Date.parse(text)) && new Date(text).toISOString() === text,
  'a moment that exists, in UTC: YYYY-MM-DDTHH:MM:SS.mmmZ',
)

/**
 * One scored production run of one arm. The log of a rollout is append-only. A measure that is null is missing, and above
 * `max_unmeasured_share` the rollout pauses. A run that has no outcome yet is logged with `outcome_at` null when it starts, and
 * once more, with a later `outcome_at`, when more is known: nothing else of it may then be another.
 */
export const ProductionRun = z
  .strictObject({
    run_id: Name,
    rollout_id: Id,
    intent: Id,
    period: z.enum(PERIODS),
    arm: z.enum(ARMS),
    release_tuple_id: Id.meta({ description: 'The tuple that really ran.' }),
    subject: Name.meta({
      description:
        'As `assignArm` was given it: the arm is computed from it again. A digest, if routing is by the digest.',
    }),
    compared: z.boolean().meta({ description: 'As `assignArm` said: the subject was split at random in this stage.' }),
    pair: Name.nullable().meta({ description: 'Same value on a served run and on its shadow on the other arm.' }),
    started_at: moment.optional().meta({ description: 'Needed where the configuration declares `subjects`.' }),
    outcome_at: moment.nullable().optional().meta({
      description:
        'When all that this line says was known; null: the outcome is still to come. Never before `started_at`.',
    }),
    attributes: z
      .record(Name, z.union([z.string().max(300), z.number(), z.boolean()]))
      .refine((of) => Object.keys(of).length <= MOST_ATTRIBUTES, `a run declares at most ${MOST_ATTRIBUTES} attributes`)
      .optional()
      .meta({ description: 'Of the subject, as the runtime routed by them: they say for whom a candidate failed.' }),
    measures: Scorecard.shape.measures.extend({
      operator_corrected: z.boolean().nullable(),
      escalated: z.boolean().nullable(),
    }),
  })
  .superRefine(({ started_at, outcome_at, measures }, ctx) => {
    if (measures.own_score !== undefined && measures.own_scores !== undefined)
      ctx.addIssue({ code: 'custom', path: ['measures', 'own_score'], message: 'stands among own_scores by its name' })
    const issue = (message: string) => ctx.addIssue({ code: 'custom', path: ['outcome_at'], message })
    if (outcome_at === undefined) return
    if (started_at === undefined) issue('without started_at nobody knows how old the outcome is: give both')
    else if (outcome_at !== null && outcome_at < started_at)
      issue(`is before started_at (${started_at}): two clocks disagree; log both moments by one clock`)
    else if (outcome_at === null && (measures.utility_passed ?? measures.utility_score) !== null)
      issue('is null, so the outcome is still to come, but utility is measured: log when it was, or leave utility null')
    else if (outcome_at === null && (measures.own_score ?? null) !== null)
      issue('is null, so the outcome is still to come, but own_score is measured: log when it was, or leave it null')
    else if (outcome_at === null && Object.values(measures.own_scores ?? {}).some((score) => score !== null))
      issue('is null, so the outcome is still to come, but own_scores are measured: log when, or leave them null')
  })
export type ProductionRun = z.infer<typeof ProductionRun>

/**
 * One checked rule of a stage; a verdict lists all of them. `bad` on a floor or a sequential test rolls back; any other
 * `bad` or `missing` keeps the rollout from going on. `observed` and `limit` are in the rule's own unit; null: it has
 * none, or nothing was seen.
 */
export const StageRow = z.strictObject({
  rule: Name,
  kind: z.enum(['floor', 'sequential', 'data', 'gate', 'time', 'cohort', 'gain', 'person']),
  verdict: z.enum(['good', 'bad', 'missing', 'not_measured']),
  observed: z.number().nullable(),
  limit: z.number().nullable(),
  note: z.string(),
})
export type StageRow = z.infer<typeof StageRow>

/**
 * What became of a rollout. `released`: all stages passed, the window is watched. The last five are final: `kept`,
 * `rolled_back` (by the machine), `stopped` (by a person), `superseded` (a newer release of the intent), `retired` (the
 * window ended without the declared gain, or outside a bound).
 */
export const ROLLOUT_STATUS = [
  'running',
  'paused',
  'released',
  'kept',
  'rolled_back',
  'stopped',
  'superseded',
  'retired',
] as const

/** One of `ROLLOUT_STATUS`. */
export type RolloutStatus = (typeof ROLLOUT_STATUS)[number]

/** What a transition of a rollout did. `resumed` and `stopped` are a person's. */
export const PROMOTION_VERDICTS = [
  'advanced',
  'paused',
  'resumed',
  'rolled_back',
  'stopped',
  'kept',
  'superseded',
  'retired',
] as const

/** Who approved, and in which role: taken from the decisions of the review. */
export const Approver = z.strictObject({ role: Name, reviewer: Name })

/**
 * One transition of a rollout, chained to the one before (the article's promotion record: stage, cohort, thresholds,
 * approver, rollback target). `to_stage` is null where no stage follows: after `100%` was passed, and after every end.
 * `seq` counts from 0.
 */
export const PromotionRecord = z.strictObject({
  promotion_id: Id,
  rollout_id: Id,
  tuning_proposal_id: Id,
  certification: Stamp.optional(),
  seq: z.int().min(0),
  from_stage: Stage.nullable(),
  to_stage: Stage.nullable(),
  verdict: z.enum(PROMOTION_VERDICTS),
  reasons: z.array(StageRow),
  cohort: StageCohort.nullable(),
  thresholds: Digest.meta({ description: 'Of the rollout configuration.' }),
  approver: z.array(Approver).min(1),
  by: Name.meta({ description: '"rollout" for the machine, else the person.' }),
  rollback_target: Id,
  at: Instant,
  previous: Digest.nullable(),
})
export type PromotionRecord = z.infer<typeof PromotionRecord>

/**
 * Replay of the rollback target before the first stage: all `cases` must reproduce, or there is nothing to roll back
 * to.
 */
export const RollbackReplay = z.strictObject({
  release_tuple_id: Id,
  cases: z.int().min(0),
  reproduced: z.int().min(0),
  results: Digest,
  by_records: z.literal(true).optional().meta({
    description: 'The run was replayed by code of the user’s own, which nobody asked here: its recordings answered.',
  }),
})
export type RollbackReplay = z.infer<typeof RollbackReplay>

/**
 * The one item of a rollout: state and records together, so that one conditional write moves both or neither.
 * `deadline`: when the stage waits for a person, or when the window after the release is over.
 */
export const Rollout = z.strictObject({
  rollout_id: Id,
  tuning_proposal_id: Id,
  review_id: Id,
  intent: Id,
  risk_class: RiskClass,
  certification: Stamp.optional(),
  candidate: ReleaseTuple,
  baseline: ReleaseTuple.meta({ description: 'Rollback target, whole.' }),
  config: DeclaredConfig,
  approver: z.array(Approver).min(1),
  rollback_replay: RollbackReplay,
  status: z.enum(ROLLOUT_STATUS),
  stage: Stage,
  entered_at: Instant,
  deadline: Instant,
  missing: z.array(Name).meta({ description: 'Rules of the standing pause.' }),
  records: z.array(PromotionRecord).min(1),
  revision: z.int().min(0),
})
export type Rollout = z.infer<typeof Rollout>

/**
 * What `assignArm` reads: cohorts of the stage and of all before it; none means that the baseline serves everyone.
 * `period` is null once everyone is back on the baseline.
 */
export const Routing = z.strictObject({
  routing_version: z.literal(1),
  rollout_id: Id,
  revision: z.int().min(0),
  intent: Id,
  baseline: Id,
  candidate: Id,
  period: z.enum(PERIODS).nullable(),
  cohorts: z.array(StageCohort.extend({ stage: Stage })),
})
export type Routing = z.infer<typeof Routing>
