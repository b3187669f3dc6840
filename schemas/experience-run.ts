/**
 * Native experience run: what an import map returns for one foreign record, and the files it becomes. Version 2 only adds
 * fields, all of them optional: one that is absent means what a record of version 1 meant, and compiles to the same bytes.
 */
import * as z from 'zod'
import { Day, Digest, Id, Json, measure, Name, Ref, Settings, wholeMeasure } from './common.ts'
import { issuesOfRun } from './experience-run-rules.ts'
import { EVALUATOR_DIMENSIONS, SCORE_KINDS } from './metrics.ts'

const tokens = wholeMeasure('tokens')
const milliseconds = measure('ms')

const gate = z.string().regex(/^[a-z][a-z0-9_]*$/, 'a gate is a lower-case word')
/** `null` or absent: the root agent. */
const agent = {
  agent: Name.nullable()
    .optional()
    .meta({ description: 'Sub-agent in whose context it stood; null or absent: the root.' }),
}

const bucket = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'a bucket is a lower-case word')
  .refine((s) => s !== 'constructor' && s !== 'prototype', 'a bucket is no reserved word')

/**
 * One passage offered to the model. `ranks` counts from 1 inside its bucket and hop, under each named ordering;
 * `as_ranked` is the recorded one. Needs `tokens` or `text`. What `top_k`, `max_hops` and `source_priority` trim
 * (DESIGN 4).
 */
export const Offer = z.strictObject({
  evidence_ref: Name,
  bucket,
  source: Name.nullable(),
  hop: z.int().min(1).meta({ description: 'Hop in which it was first offered.' }),
  hops: z
    .array(z.int().min(1))
    .min(1)
    .optional()
    .meta({ description: 'Every hop that offered it, ascending, when there was more than one; begins with hop.' }),
  score: z.number().optional().meta({ description: 'Score that the retriever gave it, on its own scale.' }),
  ranks: z
    .record(Name, z.int().min(1))
    .refine((r) => Object.keys(r).length > 0, 'an offer carries at least the rank "as_ranked"'),
  tokens: tokens.nullable().meta({ description: 'Recorded tokens; null: ceil(chars/4) of text.' }),
  text: z.string().nullable(),
  gold: z.boolean().meta({ description: 'Part of what a right answer needs: utility.' }),
  required: z.boolean().meta({ description: 'Required evidence: its loss is a policy finding.' }),
})
export type Offer = z.infer<typeof Offer>

/**
 * How deep a bucket was recorded, in passages. `exhausted`: the store held nothing more, so a larger top_k offers the
 * same. Beyond a depth that is not exhausted a case is unreplayable (DESIGN 4).
 */
export const OfferDepth = z.strictObject({ depth: z.int().min(0), exhausted: z.boolean() })

/** What is known of a case beforehand, by name, e.g. {"order_value": "low"}: how people slice results, and what conditions of settings read; no verdict of a replay reads it by itself. */
export const CaseAttributes = z
  .record(Name, Name)
  .refine((all) => Object.keys(all).length <= 24, 'a run has at most 24 attributes')
  .meta({ description: 'Attribute -> value, for slices of results.' })

const toolCallId = Name

/**
 * What happened, in order: dialogue, model calls, retrieval hops, tool calls with their results, and gated approvals.
 * Tokens and `latency_ms` are as recorded; null: not recorded, never 0. A result names an earlier call; a call id
 * stands once.
 */
export const Step = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('message'),
    role: z.enum(['user', 'assistant', 'system']),
    content: z.string(),
    tokens: tokens.nullable(),
    ...agent,
    omitted: z
      .record(Name, z.int().min(1))
      .optional()
      .meta({ description: 'Parts that are no text and were left out, by kind, e.g. {"image": 2}.' }),
  }),
  z.strictObject({
    kind: z.literal('model_call'),
    model: Name.nullable(),
    prompt_tokens: tokens
      .nullable()
      .meta({ description: 'Whole input, with what was read from or written to a cache.' }),
    completion_tokens: tokens.nullable().meta({ description: 'Whole output, with reasoning.' }),
    latency_ms: milliseconds.nullable(),
    ...agent,
    cached_prompt_tokens: tokens.optional().meta({ description: 'Of the input: read from a cache.' }),
    cache_write_tokens: tokens.optional().meta({ description: 'Of the input: written to a cache.' }),
    reasoning_tokens: tokens.optional().meta({ description: 'Of the output: reasoning.' }),
    attempt: z.int().min(1).optional().meta({ description: 'Which attempt at the same call, from 1.' }),
    error: Name.optional().meta({ description: 'Type of the error with which it failed.' }),
    first_token_ms: milliseconds.optional(),
  }),
  z.strictObject({
    kind: z.literal('retrieval'),
    bucket,
    hop: z.int().min(1),
    latency_ms: milliseconds.nullable(),
    ...agent,
    query: z.string().optional(),
    stage: z.enum(['search', 'rerank']).optional().meta({ description: 'Absent: search.' }),
  }),
  z.strictObject({
    kind: z.literal('tool_call'),
    tool_call_id: toolCallId,
    name: Name,
    arguments: Json.meta({ description: 'JSON text of an object or list is parsed on import.' }),
    /** Null: not known, and `confirmed_before_write` cannot judge it. */
    writes: z.boolean().nullable().meta({ description: 'Changes state outside the run.' }),
    confirmed: z.boolean().nullable().meta({ description: 'The user said yes before it.' }),
    correct: z.boolean().nullable().meta({ description: 'Judged right or wrong afterwards; null: unknown.' }),
    latency_ms: milliseconds.nullable(),
    ...agent,
    from_call: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Which model call chose it, counted from 0; absent: the last one before it.' }),
  }),
  z.strictObject({
    kind: z.literal('tool_result'),
    tool_call_id: toolCallId,
    content: z.string().nullable(),
    error: z.boolean().nullable(),
    tokens: tokens.nullable(),
    ...agent,
  }),
  z.strictObject({
    kind: z.literal('approval'),
    gate,
    tool_call_id: toolCallId.nullable(),
    amount: measure('amount').nullable().meta({ description: 'null: no amount is known, so the action always waits.' }),
    asked: z.boolean().nullable().meta({ description: 'Did it wait for a person when recorded; null: not recorded.' }),
    granted: z.boolean().nullable(),
    ...agent,
    waited_ms: milliseconds.optional().meta({ description: 'How long it waited for a person.' }),
  }),
])
export type Step = z.infer<typeof Step>

/**
 * An operator's correction (the article's `operator_corrections`). `outcome` overrides the recorded pass/fail with
 * `passed`; `label_disputed` takes the label away; a `note` changes nothing.
 */
export const OperatorCorrection = z.strictObject({
  correction_id: Name,
  kind: z.enum(['outcome', 'label_disputed', 'note']),
  passed: z.boolean().nullable(),
  operator: Name.nullable(),
  notes: z.string().max(4000).nullable(),
})
export type OperatorCorrection = z.infer<typeof OperatorCorrection>

const scoreKind = z.enum(SCORE_KINDS)

/**
 * One recorded score or verdict, on the scale of whoever gave it: `value`, `passed` or both. `version` says by which version
 * of a grader, rubric or rule it was given; a suite counts only the one that it pins (check `recorded_verdict`).
 */
export const RecordedScore = z
  .strictObject({
    name: Name,
    value: z.number().nullable().optional(),
    kind: scoreKind,
    annotator: Name.nullable().optional(),
    version: Name.nullable().optional(),
    dimension: z
      .enum(EVALUATOR_DIMENSIONS)
      .nullable()
      .optional()
      .meta({ description: 'What it is about; absent: not said.' }),
    passed: z.boolean().nullable().optional(),
    finding: z.string().min(1).max(4000).nullable().optional().meta({ description: 'Why, in words.' }),
  })
  .refine(
    ({ value = null, passed = null }) => value !== null || passed !== null,
    'a verdict says its value, passed, or both',
  )

/**
 * How a run ended. `passed` and `score` (0..1) are labels and may be missing: such a family is outside the utility
 * test, never a failure. Latency in milliseconds, cost in cents.
 */
export const Outcome = z.strictObject({
  status: Name.nullable().meta({ description: 'Decision status, e.g. DECIDED or ESCALATED.' }),
  outputs: Json.nullable(),
  passed: z.boolean().nullable().meta({ description: 'Recorded pass/fail of the whole run; null: no label.' }),
  score: z.number().min(0).max(1).nullable().meta({ description: 'Recorded graded score.' }),
  score_kind: scoreKind.nullable().meta({ description: 'Who gave passed and score.' }),
  scores: z.array(RecordedScore).optional().meta({ description: 'Every recorded score with its kind.' }),
  must_refuse: z.boolean().nullable(),
  refused: z.boolean().nullable(),
  latency_ms: milliseconds
    .nullable()
    .meta({ description: 'Whole run, wall clock; without the time in which it waited for a person (waited_ms).' }),
  cost_cents: measure('cents')
    .nullable()
    .meta({ description: 'As billed at the time; the replay recomputes from tokens.' }),
})

/** Where a run was read from, and what of it was not. */
export const RunSource = z.strictObject({
  dialect: Name,
  version: Name.nullable().optional(),
  file: Name.nullable().optional(),
  record: Name.nullable().optional().meta({ description: 'Original id of the record, also where it is no Id.' }),
  complete: z.boolean().nullable().optional(),
  dropped: z.record(Name, z.int().min(1)).optional().meta({ description: 'What was left out, by reason.' }),
})

/**
 * One recorded run in native form: the article's ten fields and what replay needs. A field that the foreign record
 * lacks is `null`; nothing is invented. `settings` are those in force when it was recorded. Refused: a passage offered
 * twice, without tokens and text, or from a bucket of unknown depth; a call id twice; a result without its call.
 */
export const ExperienceRun = z
  .strictObject({
    run_id: Id,
    trace_id: Id,
    case_id: Name.meta({ description: 'Recordings of one case under different settings share it.' }),
    family_id: Name.meta({ description: 'Customer or conversation: the unit of the split and of every count.' }),
    intent_id: Id,
    date: Day.nullable(),
    split: z
      .enum(['search', 'heldout'])
      .nullable()
      .meta({ description: "The record's own split; used only with --split recorded." }),
    pack_version: Ref.nullable(),
    policy_bundle_version: Ref.nullable(),
    tool_manifest_version: Ref.nullable(),
    evaluator_suite_version: Ref.nullable(),
    model_profile_version: Ref.optional(),
    prompt_version: Ref.optional(),
    memory_schema_version: Ref.optional(),
    release_tuple_id: Id.nullable(),
    decision_record_id: Name.nullable(),
    session_id: Name.optional().meta({ description: 'Conversation that it is a turn of.' }),
    turn: z.int().min(1).optional().meta({ description: 'Which turn of the session, from 1.' }),
    started_at: z.iso.datetime({ offset: true }).optional(),
    source: RunSource.optional(),
    plan: Digest.optional().meta({
      description:
        'Recording plan that it was made for: a further recording of its case, of the search side alone; imported with --plan.',
    }),
    redacted: z
      .record(z.string(), z.int().min(1))
      .optional()
      .meta({ description: 'Pseudonyms that stand in it, by the rule of import --redact that made them.' }),
    operator_corrections: z.array(OperatorCorrection),
    settings: Settings,
    offers: z.record(bucket, OfferDepth).meta({ description: 'Bucket -> how deep it was recorded.' }),
    evidence: z.array(Offer),
    gates: z
      .array(gate)
      .optional()
      .meta({ description: 'Gates that were watched: where one of them recorded no approval, no action was gated.' }),
    attributes: CaseAttributes.optional(),
    gold_not_offered: z
      .int()
      .min(0)
      .default(0)
      .meta({ description: 'Gold passages that the recording never offered: no trimming brings them back.' }),
    steps: z.array(Step),
    outcome: Outcome,
  })
  // Not `superRefine`: it makes a function for each run, which V8 puts where garbage lies longest, and the whole run with it.
  .check(({ value, issues }) => {
    for (const issue of issuesOfRun(value)) issues.push({ code: 'custom', input: value, ...issue })
  })
export type ExperienceRun = z.infer<typeof ExperienceRun>
