/** Candidates, their fates, and what a replayed case of one leaves on record. */
import * as z from 'zod'
import { Digest, Id, Name, Patch } from './common.ts'
import { Condition } from './condition.ts'
import { Prediction, PredictionResult } from './prediction.ts'
import { RULE_LAYERS } from './strategy-layers.ts'
import { Finding, Scorecard, ScoreDelta } from './suite.ts'
import { LAYERS } from './surface-fields.ts'

/** The StrategyRule that a change is made of, and the insight that the rule is made of. Absent: it comes from no rule. */
export const RuleOrigin = z.strictObject({
  strategy_rule_id: Id,
  intent: Id,
  layer: z.enum(RULE_LAYERS),
  from_insight: Id,
  evidence_refs: z.array(Id).max(50),
})
export type RuleOrigin = z.infer<typeof RuleOrigin>

/**
 * A change of one or more settings, each within the bounds of its surface (the article's CandidateChange).
 * `candidate_id` is `c_` and 12 hex digits of the patch's digest: the same patch has the same id in every run.
 */
export const CandidateChange = z.strictObject({
  candidate_id: Id,
  layer: z.enum(LAYERS).meta({ description: 'Layer of its first changed field.' }),
  patch: Patch,
  rationale: z.string().max(4000),
  origin: Name.optional().meta({
    description:
      'What made it: "search" (the whole lattice), "sampled", "hand_written", or the name of another proposer. Absent: made before candidates said so.',
  }),
  strategy_rule: RuleOrigin.optional(),
  prediction: Prediction.optional(),
})
export type CandidateChange = z.infer<typeof CandidateChange>

/** Of any length: the bounds of a change say which text is too long, with all else that is wrong with it. */
const VALUES = [z.number(), z.string(), z.boolean()] as const
const IS_A_VALUE = 'a change is a number, a text, true or false'
const AnyValue = z.union(VALUES, { error: IS_A_VALUE })

/**
 * One line of a `--candidates` file: dotted path -> new value, or `{from, to}`. `from` may be left out; one that is not
 * the baseline's value is refused, as is a path without a surface or a value outside its bounds. Our decision: the
 * article's candidates name `{from, to}` only.
 */
export const HandWrittenChange = z.strictObject({
  patch: z.record(
    z.string(),
    z.union([...VALUES, z.strictObject({ from: AnyValue.optional(), to: AnyValue, when: Condition.optional() })], {
      error: `${IS_A_VALUE}, or {"from", "to", "when"} of such`,
    }),
  ),
  rationale: z.string().max(4000).optional(),
  origin: Name.optional().meta({ description: 'Who or what proposed it; absent: a person by hand.' }),
  strategy_rule: RuleOrigin.optional(),
  prediction: Prediction.optional(),
})
export type HandWrittenChange = z.infer<typeof HandWrittenChange>

/**
 * What became of a candidate (our names for the steps of DESIGN 5). Before the gate: `unreplayable` (records cannot
 * say), `inert` (a surface of it changes nothing), `blind` (utility was never seen to fail under a surface of it), `search_guardrail` (broke a limit on the search set), `scar` (fails a case that was corrected as failed before and that the baseline passes), `no_gain` (metric not better), `blast_radius` (reaches
 * too far), `remembered` (rejected before), `dominated` (a kept candidate is safer and better). After it: `committed`
 * (on the list; a "no" leaves all of them so), `certified`, `won`.
 */
export const FATES = [
  'unreplayable',
  'inert',
  'blind',
  'search_guardrail',
  'scar',
  'no_gain',
  'blast_radius',
  'remembered',
  'dominated',
  'committed',
  'certified',
  'won',
] as const

/** One of `FATES`; its reason stands beside it, as text. */
export const Fate = z.enum(FATES)
export type Fate = z.infer<typeof Fate>

/**
 * How much a change touches on the search set. Shares in [0, 1] but for the two counts. Never a reason to win by
 * itself: it decides among the certified, and blocks above the target's `blast_radius` (the article's "hidden blast
 * radius").
 */
export const BlastRadius = z.strictObject({
  /** Settings that the patch changes. */
  fields: z.int().min(0),
  /** Weighted distance of the settings, each by the range of its surface (Gower 1971); prompts by edited words. */
  b_config: z.number(),
  /** Share of families with a changed context. */
  b_context: z.number(),
  /** Share of families with a changed decision. */
  b_decision: z.number(),
  /** Of the labelled families: passed under the baseline and fail now. */
  negative_flip_rate: z.number(),
  /** Intents that the change reaches: 1, since a release tuple belongs to one intent (DESIGN 3). */
  reachable_intents: z.int(),
})
export type BlastRadius = z.infer<typeof BlastRadius>

/**
 * One row per guardrail, always all of them; one that was not reached reads `not_evaluated`. The point rule: the
 * observed number against its limit, no inference (the held-out gate, "From the contract to the rules"). `observed` is
 * in the guardrail's own unit (share, score, ms or cents); null: not measured, which blocks. `not_measured`: declared
 * so in the target.
 */
export const GuardrailRow = z.strictObject({
  guardrail: Name,
  verdict: z.enum(['pass', 'block', 'not_evaluated', 'not_measured']),
  observed: z.number().nullable(),
  limit: z.number().nullable(),
  note: z.string(),
})
export type GuardrailRow = z.infer<typeof GuardrailRow>

/** Of a change for some cases: search families with one of them, out of all, and those of which nobody can tell. */
export const AppliesTo = z.strictObject({
  families: z.int().min(0),
  of: z.int().min(0),
  cases: z.int().min(0),
  of_cases: z.int().min(0),
  unknown: z.int().min(0).meta({
    description:
      'Families outside with a case on which the condition says neither true nor false: it does not hold there.',
  }),
})
export type AppliesTo = z.infer<typeof AppliesTo>

/** Line of `candidates.jsonl`: the change, its search score and its fate. What was not reached is null. */
export const CandidateScore = CandidateChange.extend({
  applies_to: AppliesTo.optional(),
  happened: PredictionResult.optional().meta({ description: 'Beside its prediction. Absent: it has none.' }),
  digest: Digest,
  fate: Fate,
  reason: z.string(),
  search: ScoreDelta.nullable(),
  metric: z.number().nullable().meta({ description: "The target's metric on the search set, rendered or measured." }),
  /** Order of the committed list, from search data alone: larger is safer (the held-out gate's "committed order"). */
  search_evidence: z.number().nullable(),
  guardrails: z.array(GuardrailRow),
  blast_radius: BlastRadius.nullable(),
})
export type CandidateScore = z.infer<typeof CandidateScore>

/**
 * Line of `replay-results.jsonl`: one paid replay of one case, in the order in which the search read it.
 * `unreplayable`: the records cannot say; `failed`: the harness threw or ran out of time. Neither counts as a pass
 * (DESIGN 4).
 */
export const ReplayResult = z.strictObject({
  candidate_id: Id,
  case_id: Name,
  family_id: Name,
  status: z.enum(['replayed', 'unreplayable', 'failed']),
  reason: z.string().nullable(),
  /** Run id of the recording that was replayed; null: none has the candidate's planner and prompt. */
  recording: Id.nullable(),
  /** Of the context under the candidate; equal to the recorded one, the recorded observation stands. */
  context: Digest.nullable(),
  context_equal: z.boolean(),
  findings: z.array(Finding),
  scorecard: Scorecard.nullable(),
})
export type ReplayResult = z.infer<typeof ReplayResult>
