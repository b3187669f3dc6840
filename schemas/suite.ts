/** Evaluator suite `evals.NAME@SEMVER`, verdicts, scorecards and paired deltas. */
import * as z from 'zod'
import { CASE_VIEW, isAltered, isBlind, type ViewName } from './case-view.ts'
import { Day, Digest, Id, Name, Ref, Share } from './common.ts'
import { JsonLogic } from './condition.ts'
import { appliesIssues, expressionIssues } from './expression.ts'
import { VERDICT_MS } from './judge-call.ts'
import { eachMeasure, type MEASURES, MOST_OWN, OWN_MEASURE, OWN_MEASURES } from './measures.ts'
import { EVALUATOR_DIMENSIONS, SCORE_KINDS } from './metrics.ts'
import { ModelParameters } from './model.ts'

const base = {
  evaluator_id: Id,
  evaluator_version: Day.meta({ description: 'Date of the evaluator, part of every verdict.' }),
  dimension: z.enum(EVALUATOR_DIMENSIONS),
  role: z.enum(['floor', 'report']).meta({
    description:
      'floor: feeds the dimension. report: printed, never blocks (for a rule that the recorded baseline itself breaks).',
  }),
  metric: z
    .literal(true)
    .optional()
    .meta({
      description: `Its score is a metric of its own: a target may name it as score:EVALUATOR_ID. At most ${MOST_OWN} evaluators of a suite.`,
    }),
}
const names = z.array(Name).min(1)
const scale = {
  range: z
    .tuple([z.number(), z.number()])
    .refine(([least, most]) => least < most, 'a range is [least, most], and least is below most')
    .refine(
      ([least, most]) => Number.isFinite(most - least),
      'a range is at most 1.79e308 wide: nothing could be told on a wider one',
    )
    .optional()
    .meta({
      description:
        'Scale of the value, mapped onto a score of 0..1 (default [0, 1]); what lies outside is not measured.',
    }),
  passes_at: z.number().optional().meta({
    description: 'Value from which on it passes, on its own scale (default: the most that the range allows).',
  }),
}
const says = z.string().min(3).max(300).optional().meta({ description: 'Finding where it fails, for people.' })
const applies_when = JsonLogic.optional().meta({
  description: 'JsonLogic over what was recorded: which cases it is about. The others are not at stake.',
})

/** Options of a verdict that is given elsewhere: what it is shown of a case, and how its answer is read. */
const asked = {
  reads: z
    .array(z.enum(Object.keys(CASE_VIEW) as [ViewName, ...ViewName[]]))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each name stands there once')
    .refine((names) => names.some(isAltered), 'names nothing that a change could alter, so it could never fail')
    .meta({
      description: 'What it is shown of a replayed case, by the names that an expression may read; nothing else.',
    }),
  applies_when,
  ...scale,
  says,
}

/** Refuses what is wrong with `applies_when`. */
function soundApplies({ applies_when: applies }: { applies_when?: unknown }, ctx: z.core.$RefinementCtx): void {
  for (const { path, message } of applies === undefined ? [] : appliesIssues(applies))
    ctx.addIssue({ code: 'custom', path: ['applies_when', ...path], message })
}

/** A module in the folder one works in, or below it: a path that leaves it would mean another file in each place. */
const MODULE_PATH = /^\.\/(?!(?:.*\/)?\.{1,2}(?:\/|$))[^\\\p{Cc}]{1,300}\.[cm]?[jt]s$/u

/**
 * One evaluator. `kind` says who judges: a rule, the replay itself, a human, recorded business outcomes, or a
 * model judge, recorded or asked (a judge certifies no floor, and a drop of utility only beside people; what a record says of who gave its
 * label comes first). A check whose record is missing
 * says null, never pass (the article's Evaluation Engine; DESIGN 10).
 */
export const Evaluator = z.discriminatedUnion('check', [
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('required_evidence') }),
  z.strictObject({
    ...base,
    kind: z.literal('rule'),
    check: z.literal('grounded_arguments'),
    never_grounded: z
      .enum(['ignore', 'fail'])
      .meta({ description: 'What a value means that could be read nowhere even when recorded.' }),
    nothing_to_trace: names.optional().meta({
      description:
        'Its owner says that calls of these tools pass no value that was read: no argument, or a yes or no. A call that writes and passes none is not recorded otherwise, and so is one of these tools that does pass a value. Absent: there are no such tools.',
    }),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('rule'),
    check: z.literal('approval_honoured'),
    unknown_amount: z.literal('waits').optional().meta({
      description:
        'Its owner says that the gates let nothing pass whose amount they do not know: such an approval is not at stake. Without it, what a threshold does to an approval whose amount is null is not recorded.',
    }),
  }),
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('must_refuse') }),
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('known_provenance') }),
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('allowed_sources'), sources: names }),
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('allowed_tools'), tools: names }),
  z.strictObject({ ...base, kind: z.literal('rule'), check: z.literal('confirmed_before_write') }),
  z.strictObject({ ...base, kind: z.literal('replay'), check: z.literal('context_diff') }),
  z.strictObject({ ...base, kind: z.literal('replay'), check: z.literal('decision_diff') }),
  z.strictObject({ ...base, kind: z.literal('replay'), check: z.literal('gold_coverage') }),
  z.strictObject({ ...base, kind: z.literal('human'), check: z.literal('operator_corrections') }),
  z.strictObject({ ...base, kind: z.literal('business'), check: z.literal('recorded_outcome') }),
  z.strictObject({ ...base, kind: z.literal('judge'), check: z.literal('recorded_score') }),
  z.strictObject({
    ...base,
    kind: z.enum(SCORE_KINDS),
    check: z.literal('recorded_verdict'),
    name: Name.meta({ description: 'Name of the verdict in outcome.scores.' }),
    version: Name.nullable().meta({
      description: 'Version that counts; null: verdicts that carry none. Any other is taken for not recorded.',
    }),
    ...scale,
  }),
  z
    .strictObject({
      ...base,
      kind: z.literal('rule'),
      check: z.literal('expression'),
      expression: JsonLogic.meta({
        description:
          'JsonLogic over the replayed case (docs/evaluators.md): true, false, or a number of the range. Anything else is not measured.',
      }),
      applies_when,
      ...scale,
      says,
    })
    .superRefine((evaluator, ctx) => {
      for (const { path, message } of expressionIssues(evaluator.expression))
        ctx.addIssue({ code: 'custom', path: ['expression', ...path], message })
      soundApplies(evaluator, ctx)
    }),
  z
    .strictObject({
      ...base,
      kind: z.literal('rule'),
      check: z.literal('jsonata'),
      expression: z.string().min(1).max(4000).meta({
        description:
          'JSONata over what it reads (docs/evaluators.md): true, false, or a number of the range. Anything else is not measured.',
      }),
      ...asked,
    })
    .superRefine(soundApplies),
  z
    .strictObject({
      ...base,
      kind: z.literal('rule'),
      check: z.literal('module'),
      module: z
        .string()
        .regex(MODULE_PATH, 'a module is a script in the folder you work in or below it: "./NAME.mjs", without ".."')
        .meta({
          description: 'Module of your own that exports judge(view), from the folder that commands are given in.',
        }),
      digest: Digest.meta({
        description: 'Of the module and the files that it names: with other bytes it is refused.',
      }),
      limit_ms: z
        .int()
        .min(10)
        .max(60_000)
        .optional()
        .meta({
          description: `Longest that one verdict may take, in milliseconds (default ${VERDICT_MS}).`,
        }),
      ...asked,
    })
    .superRefine(soundApplies),
  z
    .strictObject({
      ...base,
      kind: z.literal('judge'),
      check: z.literal('model'),
      rubric: z.string().min(20).max(8000).meta({
        description: 'What is asked of a case, and what each answer means.',
      }),
      asks: ModelParameters,
      compares: z.literal('recorded').optional().meta({
        description: 'Is the replay worse than the recorded run? Asked in both orders. Absent: it grades.',
      }),
      ...asked,
    })
    .superRefine((evaluator, ctx) => {
      soundApplies(evaluator, ctx)
      const { reads, compares } = evaluator
      const refuse = (path: (string | number)[], message: string) => ctx.addIssue({ code: 'custom', path, message })
      // Of the recorded run no cents are computed, so they tell which of two it is.
      for (const [i, name] of reads.entries())
        if (!isBlind(name) || (compares && name === 'cents'))
          refuse(['reads', i], `${name} tells the arm of a case, which a judge must not know: leave it out`)
      for (const field of ['range', 'passes_at', 'metric'] as const)
        if (compares && evaluator[field] !== undefined)
          refuse([field], 'a judge that compares says worse or not worse, on no scale: leave it out')
    }),
  z.strictObject({ ...base, kind: z.literal('business'), check: z.literal('cost_cents') }),
  z.strictObject({ ...base, kind: z.literal('business'), check: z.literal('latency_ms') }),
])
export type Evaluator = z.infer<typeof Evaluator>

/**
 * A pinned suite, `evals.NAME@SEMVER`. Never tunable, whatever a pack declares: switching an evaluator off is a
 * violation, not a candidate (the article). Refused: an evaluator listed twice, more metrics of its own than may be.
 */
export const EvaluatorSuite = z
  .strictObject({ $schema: z.string().optional(), suite: Ref, evaluators: z.array(Evaluator).min(1) })
  .superRefine((suite, ctx) => {
    const seen = new Set<string>()
    suite.evaluators.forEach((e, i) => {
      if (seen.has(e.evaluator_id))
        ctx.addIssue({
          code: 'custom',
          path: ['evaluators', i],
          message: `evaluator "${e.evaluator_id}" is listed twice`,
        })
      seen.add(e.evaluator_id)
    })
    const metrics = suite.evaluators.flatMap((e, i) => (e.metric ? [i] : []))
    for (const i of metrics.slice(MOST_OWN))
      ctx.addIssue({
        code: 'custom',
        path: ['evaluators', i, 'metric'],
        message: `a suite marks at most ${MOST_OWN} metrics of its own, for each is kept of every case: publish another suite for this one`,
      })
  })
export type EvaluatorSuite = z.infer<typeof EvaluatorSuite>

/**
 * What an evaluator saw: in words, at which evidence and at which step of the recording. Null: at none in particular.
 */
export const Finding = z.strictObject({
  severity: z.enum(['info', 'warn', 'error']),
  message: z.string(),
  evidence_ref: Name.nullable(),
  step: z.int().min(0).nullable(),
})
export type Finding = z.infer<typeof Finding>

/** What one evaluator said of one replayed case. `score` 0..1, higher is better; `null`: not measured, and that blocks. */
export const EvaluatorVerdict = z.strictObject({
  evaluator_id: Id,
  evaluator_version: Day,
  score: Share.nullable(),
  status: z.enum(['pass', 'warn', 'fail']),
  findings: z.array(Finding),
})
export type EvaluatorVerdict = z.infer<typeof EvaluatorVerdict>

const notMeasured = (most: number) => `is 0 to ${most}: what was not measured is null, and no number stands for it`
const KINDS = {
  flag: () => z.boolean().nullable(),
  share: () => Share.nullable(),
  amount: (most: number) => z.number().min(0, notMeasured(most)).max(most, notMeasured(most)).nullable(),
  count: (most: number) => z.int().min(0, notMeasured(most)).max(most, notMeasured(most)).nullable(),
}

/** Scores of one's own by the id of their evaluator. `null`: not measured. */
export const OwnScores = z.record(Id, Share.nullable())
export type OwnScores = z.infer<typeof OwnScores>

/** What guardrails and metrics read of one replayed case. `null`: not measured. */
export const Measures = z.strictObject({
  ...(eachMeasure((of) => KINDS[of.kind]('most' in of ? of.most : 0)) as unknown as {
    [N in keyof typeof MEASURES]: ReturnType<(typeof KINDS)[(typeof MEASURES)[N]['kind']]>
  }),
  [OWN_MEASURE]: Share.nullable().optional().meta({
    description: 'Score of the evaluator that the suite marks as its metric; absent: it marks none, or several.',
  }),
  [OWN_MEASURES]: OwnScores.optional().meta({
    description: 'Scores of the evaluators that the suite marks, by their ids, where it marks several.',
  }),
})
export type Measures = z.infer<typeof Measures>

/** One scorecard a replayed case: verdicts by evaluator, and the measures that guardrails and metrics read. */
export const Scorecard = z.strictObject({
  run_id: Id,
  intent: Name,
  pack_version: Ref.nullable(),
  scores: z.record(Id, EvaluatorVerdict),
  measures: Measures,
})
export type Scorecard = z.infer<typeof Scorecard>

/**
 * Candidate minus baseline over one set, and the counts behind it. `null`: not measured. Violations, bypasses,
 * regressions and improvements count families; latency in milliseconds, cost in cents a decision, tokens a decision,
 * rates and utility 0..1.
 */
export const ScoreDelta = z.strictObject({
  set: z.enum(['search', 'heldout']),
  families: z.int(),
  cases: z.int(),
  policy_violations: z.int().nullable(),
  safety_violations: z.int().nullable(),
  approval_bypasses: z.int().nullable(),
  regressions: z.int().nullable(),
  improvements: z.int().nullable(),
  labelled: z.int(),
  utility: z.number().nullable(),
  p50_latency_ms: z.number().nullable(),
  p95_latency_ms: z.number().nullable(),
  economics_cents: z.number().nullable(),
  economics_tokens: z.number().nullable(),
  approval_wait_rate: z.number().nullable(),
  unreplayable: z.int(),
})
export type ScoreDelta = z.infer<typeof ScoreDelta>
