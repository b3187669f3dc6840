/** Native experience run: what an import map returns for one foreign record, and the files it becomes. */
import * as z from 'zod'
import { Day, Id, Name, Ref, Settings } from './common.ts'

const tokens = z.int().min(0)
const milliseconds = z.number().min(0)

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
  hop: z.int().min(1),
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
  }),
  z.strictObject({
    kind: z.literal('model_call'),
    model: Name.nullable(),
    prompt_tokens: tokens.nullable(),
    completion_tokens: tokens.nullable(),
    latency_ms: milliseconds.nullable(),
  }),
  z.strictObject({
    kind: z.literal('retrieval'),
    bucket,
    hop: z.int().min(1),
    latency_ms: milliseconds.nullable(),
  }),
  z.strictObject({
    kind: z.literal('tool_call'),
    tool_call_id: toolCallId,
    name: Name,
    arguments: z.json(),
    /** Null: not known, and `confirmed_before_write` cannot judge it. */
    writes: z.boolean().nullable().meta({ description: 'Changes state outside the run.' }),
    confirmed: z.boolean().nullable().meta({ description: 'The user said yes before it.' }),
    correct: z.boolean().nullable().meta({ description: 'Judged right or wrong afterwards; null: unknown.' }),
    latency_ms: milliseconds.nullable(),
  }),
  z.strictObject({
    kind: z.literal('tool_result'),
    tool_call_id: toolCallId,
    content: z.string().nullable(),
    error: z.boolean().nullable(),
    tokens: tokens.nullable(),
  }),
  z.strictObject({
    kind: z.literal('approval'),
    gate: z.string().regex(/^[a-z][a-z0-9_]*$/, 'a gate is a lower-case word'),
    tool_call_id: toolCallId.nullable(),
    amount: z.number().nullable().meta({ description: 'null: no amount is known, so the action always waits.' }),
    asked: z.boolean().nullable().meta({ description: 'Did it wait for a person when recorded; null: not recorded.' }),
    granted: z.boolean().nullable(),
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

/**
 * How a run ended. `passed` and `score` (0..1) are labels and may be missing: such a family is outside the utility
 * test, never a failure. Latency in milliseconds, cost in cents.
 */
export const Outcome = z.strictObject({
  status: Name.nullable().meta({ description: 'Decision status, e.g. DECIDED or ESCALATED.' }),
  outputs: z.json().nullable(),
  passed: z.boolean().nullable().meta({ description: 'Recorded pass/fail of the whole run; null: no label.' }),
  score: z.number().min(0).max(1).nullable().meta({ description: 'Recorded graded score.' }),
  score_kind: z
    .enum(['human', 'rule', 'business', 'judge'])
    .nullable()
    .meta({ description: 'Who gave passed and score.' }),
  must_refuse: z.boolean().nullable(),
  refused: z.boolean().nullable(),
  latency_ms: milliseconds.nullable().meta({ description: 'Whole run, wall clock.' }),
  cost_cents: z
    .number()
    .min(0)
    .nullable()
    .meta({ description: 'As billed at the time; the replay recomputes from tokens.' }),
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
    release_tuple_id: Id.nullable(),
    decision_record_id: Name.nullable(),
    operator_corrections: z.array(OperatorCorrection),
    settings: Settings,
    offers: z.record(bucket, OfferDepth).meta({ description: 'Bucket -> how deep it was recorded.' }),
    evidence: z.array(Offer),
    gold_not_offered: z
      .int()
      .min(0)
      .default(0)
      .meta({ description: 'Gold passages that the recording never offered: no trimming brings them back.' }),
    steps: z.array(Step),
    outcome: Outcome,
  })
  .superRefine((run, ctx) => {
    const seen = new Set<string>()
    run.evidence.forEach((offer, i) => {
      if (seen.has(offer.evidence_ref))
        ctx.addIssue({
          code: 'custom',
          path: ['evidence', i, 'evidence_ref'],
          message: `"${offer.evidence_ref}" is offered twice`,
        })
      seen.add(offer.evidence_ref)
      if (offer.tokens === null && offer.text === null)
        ctx.addIssue({ code: 'custom', path: ['evidence', i], message: 'an offer needs its tokens or its text' })
      if (!run.offers[offer.bucket])
        ctx.addIssue({
          code: 'custom',
          path: ['offers'],
          message: `bucket "${offer.bucket}" is offered but has no recorded depth`,
        })
    })
    const calls = new Set<string>()
    run.steps.forEach((step, i) => {
      if (step.kind === 'tool_call') {
        if (calls.has(step.tool_call_id))
          ctx.addIssue({
            code: 'custom',
            path: ['steps', i, 'tool_call_id'],
            message: `"${step.tool_call_id}" is called twice`,
          })
        calls.add(step.tool_call_id)
      }
      if (step.kind === 'tool_result' && !calls.has(step.tool_call_id))
        ctx.addIssue({
          code: 'custom',
          path: ['steps', i, 'tool_call_id'],
          message: `a result for "${step.tool_call_id}", which no earlier step called`,
        })
    })
  })
export type ExperienceRun = z.infer<typeof ExperienceRun>
