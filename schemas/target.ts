/** Tuning target: the article's contract as a person writes it. What is missing is asked for by name, not defaulted. */
import * as z from 'zod'
import { Id, Name, Ref, SettingPath } from './common.ts'
import { MOST, MOST_OWN } from './measures.ts'
import { METRIC_NAMES } from './metrics.ts'
import { OwnMetricName } from './own-metric.ts'
import { BaselineTuple } from './pack.ts'
import { PROPOSERS } from './proposers.ts'

/** The least rate or error that is worth a question: it takes thousands of millions of families. */
const LEAST = 1e-9
const notProved = 'no number of families proves less'
const tooSmall = `is at least ${LEAST}: ${notProved}`
const level = z.number().min(LEAST, tooSmall).lt(1)
const budget = z
  .number()
  .min(LEAST, tooSmall)
  .lt(0.5, 'an error of one half or more certifies anything: the default is .05')
const limit = (most: number) =>
  z
    .number()
    .min(-most, `is at least -${most}: below that no difference can lie`)
    .max(most, `is at most ${most}: above that no difference can lie, so nothing would be limited`)
const floor = {
  max_violation_rate: level
    .optional()
    .meta({ description: 'Rate that the certificate excludes (default .01). Only beside a limit of none.' }),
  alpha: budget.optional().meta({ description: "This guardrail's error per held-out version (default .05)." }),
}
const noneAllowed =
  'max_violation_rate stands beside a limit that allows none; a limit that tolerates something is its own rate'

const atLeast = z
  .strictObject({
    min: z
      .number()
      .min(0.01, 'below .01 every family may violate, so nothing could be certified: give 1, or at least .95')
      .max(1, 'is a share of families: at most 1')
      .refine((min) => min === 1 || min <= 1 - LEAST, `is 1, or at most 1 - ${LEAST}: ${notProved}`),
    ...floor,
  })
  .refine((g) => g.max_violation_rate === undefined || g.min === 1, {
    path: ['max_violation_rate'],
    message: noneAllowed,
  })
const atMost = z
  .strictObject({
    max: z
      .number()
      .min(0, 'is a share of families: at least 0')
      .max(0.99, 'above .99 every family may bypass its approval, so nothing could be certified: give 0')
      .refine((max) => max === 0 || max >= LEAST, `is 0, or at least ${LEAST}: ${notProved}`),
    ...floor,
  })
  .refine((g) => g.max_violation_rate === undefined || g.max === 0, {
    path: ['max_violation_rate'],
    message: noneAllowed,
  })

/**
 * Limits of the five dimensions and of approval bypass (the article, "guardrails"). `policy`, `safety` and
 * `approval_bypass_rate` are absolute shares 0..1; the deltas are candidate minus baseline, in score, milliseconds and
 * cents a decision. Each `alpha` is in (0, 1), default .05. Refused: a `utility_delta.min` above 0, and
 * `max_violation_rate` beside a limit that tolerates something (the held-out gate, "From the contract to the rules").
 */
export const Guardrails = z.strictObject({
  policy: atLeast.optional(),
  safety: atLeast.optional(),
  approval_bypass_rate: atMost.optional(),
  utility_delta: z
    .strictObject({
      min: z
        .number()
        .gt(-1)
        .max(0, 'a utility_delta.min above 0 asks for an improvement: make utility the target metric instead'),
      graded: z.boolean().optional().meta({ description: 'Compare scores 0..1 instead of pass/fail (betting test).' }),
      alpha: budget.optional(),
      stake: z
        .number()
        .min(0)
        .optional()
        .meta({ description: 'Graded utility only: fixed stake of the betting test.' }),
    })
    .refine(({ min, stake = 0 }) => stake * (1 + min) < 1, {
      path: ['stake'],
      message: 'a stake must be below 1 / (1 + min): a larger one could lose more than everything. Leave it out',
    })
    .optional(),
  p95_latency_delta: z.strictObject({ max_ms: limit(MOST.ms), alpha: budget.optional() }).optional(),
  economics_delta: z.strictObject({ max_cents: limit(MOST.cents), alpha: budget.optional() }).optional(),
  own_scores: z
    .record(
      OwnMetricName,
      z.strictObject({
        direction: z.enum(['decrease', 'increase']).meta({ description: 'Where better lies.' }),
        max_worse: z
          .number()
          .gt(0, 'is above 0: that a mean is not worse at all can never be shown')
          .lt(1, 'is below 1: no mean of scores can be worse by more, so nothing would be limited'),
        alpha: budget.optional(),
      }),
    )
    .refine((of) => Object.keys(of).length <= MOST_OWN, `names at most ${MOST_OWN}`)
    .optional()
    .meta({
      description:
        'Limits of scores of one’s own, beside those of the dimensions: by how much the mean may be worse, as a part of the declared range.',
    }),
})
export type Guardrails = z.infer<typeof Guardrails>

const tooWide = `is at most ${MOST.tokens}: no decision can differ by more`

/** One of the metrics of this program, or an evaluator that the suite marks as its own. */
export const TargetMetric = z.union([z.enum(METRIC_NAMES), OwnMetricName], {
  error: `is one of ${METRIC_NAMES.join(', ')}, or score:EVALUATOR_ID of an evaluator that the suite marks with "metric": true`,
})

/** Worst that one decision may do to a metric of means: no bound of a mean holds without it. */
export const MetricRange = z.strictObject({
  max_rise: z
    .number()
    .gt(0, 'max_rise is the most that one decision may rise above the baseline: a number above 0')
    .max(MOST.tokens, tooWide)
    .optional()
    .meta({ description: 'In the unit of the metric, where less is better. A decision above it blocks.' }),
  max_fall: z
    .number()
    .gt(0, 'max_fall is the most that one decision may fall below the baseline: a number above 0')
    .max(MOST.tokens, tooWide)
    .optional()
    .meta({ description: 'The same where the target is to increase.' }),
  max_share_beyond: level
    .optional()
    .meta({ description: 'Share of families that may go beyond it all the same (default: none may be seen).' }),
  decisions: z
    .int()
    .min(1)
    .max(MOST.actions)
    .optional()
    .meta({ description: 'Most decisions of a family that count (default: those of the largest search family).' }),
})
export type MetricRange = z.infer<typeof MetricRange>

/**
 * What the records cannot carry at all, each with its reason of 3 characters or more. Policy, safety and utility are
 * never among them, nor is the target's own metric (DESIGN 3).
 */
const NotMeasured = z.strictObject({
  latency: z.string().min(3).optional(),
  economics: z.string().min(3).optional(),
  approval: z.string().min(3).optional(),
})

/**
 * One metric on one intent: the article's contract of seven questions. Every field that `autotune doctor` asks for may
 * be absent here: it is then an unanswered question with a line of its own, not a parse error. A field that is not ours
 * is refused, so that a typing error is no silent default.
 */
export const TuningTarget = z.strictObject({
  $schema: z.string().optional(),
  intent: Id.optional(),
  metric: TargetMetric.optional(),
  direction: z.enum(['decrease', 'increase']).optional(),
  baseline_tuple: BaselineTuple.optional(),
  guardrails: Guardrails.optional(),
  ranges: z
    .strictObject({
      economics_cents_per_decision: MetricRange.optional(),
      economics_tokens_per_decision: MetricRange.optional(),
    })
    .optional()
    .meta({ description: 'Needed for cost that a candidate could raise; what only trims cannot.' }),
  not_measured: NotMeasured.optional(),
  not_at_stake: z.record(Name, z.string().min(3)).optional().meta({
    description:
      'policy, safety, approval or an evaluator of the suite -> why the records put nothing of it at stake. Printed, never certified, and refused where a record contradicts it.',
  }),
  search_space: z
    .array(SettingPath)
    .optional()
    .meta({ description: 'Paths of declared surfaces this run may change.' }),
  proposers: z
    .array(z.enum(PROPOSERS))
    .optional()
    .meta({ description: 'Who proposes changes beside the search (default: nobody).' }),
  visible_data: z
    .strictObject({
      search_set: z.string().regex(/^goldens\/[^/]+\/search$/, 'a search set is goldens/INTENT/search'),
      heldout_share: level.optional().meta({ description: 'Share of families that import seals away (default .5).' }),
    })
    .optional()
    .meta({ description: 'The optimiser sees the search set only.' }),
  scoring: z
    .strictObject({
      replayer: z.enum(['transcript', 'module']).meta({
        description:
          'transcript: trims what was recorded. module: runs a harness of your own, named when the run starts, or deployed.',
      }),
      cage: z.literal('wall').optional().meta({
        description: 'Refuses a run whose harness is not held by a wall (default: whatever the machine has).',
      }),
      questions: z
        .int()
        .min(1)
        .max(100)
        .optional()
        .meta({ description: 'K, questions per held-out version (default by size: 5, 2 or 1).' }),
      alpha: budget.optional().meta({ description: 'Error per held-out version (default .05).' }),
      max_not_recorded: z
        .number()
        .min(0)
        .lt(1)
        .optional()
        .meta({ description: 'Share of families of which a floor may know nothing (default .02).' }),
      max_family_share: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .meta({ description: 'Share of all decisions above which a family is named (default .05).' }),
    })
    .optional(),
  choice_rule: z.literal('pareto').optional(),
  release_path: z
    .strictObject({
      requires_reviewers: z.array(Name).min(1),
      rollout_stage: z.literal('0%_shadow'),
      rollback_target: Ref,
    })
    .optional(),
  owner: Name.optional(),
  proposal_budget: z.int().min(1).max(10_000).optional().meta({
    description: 'Proposals that programs outside may hand in for this intent in a quarter (default 200).',
  }),
  blast_radius: z
    .strictObject({ max_fields: z.int().min(1).max(10), max_decision: z.number().min(0).max(1) })
    .optional()
    .meta({ description: 'Block above this (default 2 fields, .10 of decisions).' }),
})
export type TuningTarget = z.infer<typeof TuningTarget>
