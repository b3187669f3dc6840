/** Replay case (golden): experience runs compiled for replay. Columns, so that a replay is array arithmetic. */
import * as z from 'zod'
import { Digest, Id, Json, Name, Ref, Settings } from './common.ts'
import { COMPILE_RULES } from './compile-rules.ts'
import { CaseAttributes, OfferDepth, OperatorCorrection, Outcome } from './experience-run.ts'

const ints = z.array(z.int())
const flags = z.array(z.union([z.literal(0), z.literal(1)]))
const bits = z.array(z.boolean().nullable())
const counts = z.array(z.int().nullable())
/** Columns of record version 2 stand only where a run carries such a field: other runs keep their bytes. */
const agents = z
  .array(Name.nullable())
  .optional()
  .meta({ description: 'Sub-agent whose context it is; null: the root. Absent: the run has one agent.' })

/**
 * One recording of a case: what happened under known settings, as columns. Column lengths agree inside each group;
 * steps and items count from 0, hops and ranks from 1; tokens are counted once, at compilation. Null: not recorded.
 */
export const Recording = z.strictObject({
  compile_rules: z
    .literal(COMPILE_RULES)
    .optional()
    .meta({ description: 'Rules that it was compiled and is replayed by; absent: those of the first version.' }),
  run_id: Id,
  plan: Digest.optional().meta({
    description: 'Recording plan that it was made for. Absent: it was served, and a baseline may be replayed from it.',
  }),
  pack_version: Ref.nullable(),
  settings: Settings,
  offers: z.record(z.string(), OfferDepth),
  evidence: z.strictObject({
    ref: z.array(Name),
    bucket: z.array(z.string()),
    source: z.array(Name.nullable()),
    hop: ints,
    ranks: z
      .record(Name, ints)
      .meta({ description: 'Ordering -> rank of each offer (a missing rank is 0: never offered under it).' }),
    tokens: ints,
    gold: flags,
    required: flags,
    unread: ints.optional().meta({ description: 'Offers whose text was not recorded. Absent: there are none.' }),
    agents: z
      .array(z.array(Name.nullable()))
      .optional()
      .meta({ description: 'Agents in whose context each offer stood. Absent: the run has one agent.' }),
  }),
  attributes: CaseAttributes.optional(),
  gold_not_offered: z.int().min(0),
  tools: z
    .strictObject({ step: ints, tokens: ints, agent: agents })
    .meta({ description: 'Tool outputs in order: step at which each became readable.' }),
  memory: z.strictObject({ step: ints, tokens: ints, agent: agents }).meta({ description: 'Dialogue turns in order.' }),
  calls: z.strictObject({
    step: ints,
    model: z.array(Name.nullable()),
    prompt_tokens: counts,
    completion_tokens: counts,
    agent: agents,
    cached_prompt_tokens: counts.optional(),
    cache_write_tokens: counts.optional(),
    reasoning_tokens: counts.optional(),
  }),
  hops: z.strictObject({ bucket: z.array(z.string()), hop: ints, latency_ms: z.array(z.number().nullable()) }),
  actions: z.strictObject({
    step: ints,
    name: z.array(Name),
    arguments: z.array(Digest),
    writes: bits,
    confirmed: bits,
    correct: bits,
    agent: agents,
    context: ints
      .optional()
      .meta({ description: 'Step at which its context ends. Absent: that of the last model call before it.' }),
  }),
  approvals: z.strictObject({
    gate: z.array(z.string()),
    action: ints.meta({ description: 'Index into actions, -1 when none.' }),
    amount: z.array(z.number().nullable()),
    asked: bits,
    granted: bits,
  }),
  gates: z
    .array(z.string())
    .optional()
    .meta({ description: 'Gates that were watched, beside those that recorded an approval.' }),
  needs: z.strictObject({
    action: ints,
    name: z.array(z.string()).meta({ description: 'Argument path inside the action.' }),
    first: ints.meta({ description: 'Offset of its first place; length is needs + 1.' }),
    kind: ints.meta({ description: '0 evidence, 1 tool output, 2 dialogue.' }),
    item: ints,
    depth: ints.meta({ description: 'Tokens of the item that must survive for the value to be readable.' }),
    match: ints.optional().meta({
      description:
        'How each value stood there: 1 as JSON, 2 as text, 3 in another spelling, 4 as part of a longer text.',
    }),
  }),
  untraced: z
    .strictObject({
      action: ints,
      name: z.array(z.string()),
      layers: ints.meta({
        description: 'Layers that could have held it, a sum of 1 evidence, 2 tool output, 4 dialogue.',
      }),
      unread: ints.meta({ description: 'Those of them of which something was not recorded as text.' }),
    })
    .optional()
    .meta({ description: 'Argument values that could be read nowhere even when recorded. Absent: there are none.' }),
  never_grounded: z
    .int()
    .min(0)
    .meta({ description: 'Argument values that could be read nowhere even when recorded.' }),
  estimated_tokens: z.int().optional().meta({
    description: 'What was estimated as ceil(chars/4), a sum of 1 passages, 2 tool output, 4 dialogue, 8 model input.',
  }),
  outcome: Outcome,
  corrections: z.array(OperatorCorrection),
  corrected: z
    .strictObject({
      label: z.union([z.literal('disputed'), z.strictObject({ passed: z.boolean(), score: z.number().min(0).max(1) })]),
    })
    .optional()
    .meta({
      description:
        'What a correction said of the label after the run was stored: it counts nowhere, or is another. Absent: nothing was said, or it stands as recorded after all.',
    }),
  recorded: z.strictObject({
    identity: z
      .record(z.string(), Json)
      .meta({ description: 'What of the decision record does not depend on the replay.' }),
    decision_record: Digest,
    context: Digest,
    evidence_manifest: Digest,
    tool_transcripts: Digest,
    scorecard: Digest.nullable(),
    policy: Ref.nullable(),
    tools: Ref.nullable(),
  }),
})
export type Recording = z.infer<typeof Recording>

/**
 * A case (the article's golden) and its recordings, each under other settings. `digest` covers everything else in it.
 */
export const ReplayCase = z.strictObject({
  case_id: Name,
  family_id: Name,
  intent_id: Name,
  recordings: z.array(Recording).min(1),
  digest: Digest,
})
export type ReplayCase = z.infer<typeof ReplayCase>
