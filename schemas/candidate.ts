/** Candidates, their fates, and what a replayed case of one leaves on record. */
import * as z from 'zod'
import { Digest, Id, Name, Patch } from './common.ts'
import { Finding, Scorecard, ScoreDelta } from './suite.ts'
import { LAYERS } from './surface-fields.ts'

/** A hand-written or searched change. A hand-written one may leave out `candidate_id`. */
export const CandidateChange = z.strictObject({
  candidate_id: Id,
  layer: z.enum(LAYERS).meta({ description: 'Layer of its first changed field.' }),
  patch: Patch,
  rationale: z.string().max(4000),
})
export type CandidateChange = z.infer<typeof CandidateChange>

/** One line of a `--candidates` file: dotted path -> new value, or `{from, to}`. */
export const HandWrittenChange = z.strictObject({
  patch: z.record(
    z.string(),
    z.union([
      z.number(),
      z.string(),
      z.boolean(),
      z.strictObject({
        from: z.union([z.number(), z.string(), z.boolean()]).optional(),
        to: z.union([z.number(), z.string(), z.boolean()]),
      }),
    ]),
  ),
  rationale: z.string().max(4000).optional(),
})
export type HandWrittenChange = z.infer<typeof HandWrittenChange>

/**
 * What became of a candidate. Before the gate: `unreplayable` (records cannot say), `search_guardrail` (broke a limit on
 * the search set), `no_gain` (metric not better), `blast_radius`, `remembered` (rejected before), `dominated` (a kept
 * candidate is safer and better). After it: `committed`, `certified`, `won`.
 */
export const FATES = [
  'unreplayable',
  'search_guardrail',
  'no_gain',
  'blast_radius',
  'remembered',
  'dominated',
  'committed',
  'certified',
  'won',
] as const
export const Fate = z.enum(FATES)
export type Fate = z.infer<typeof Fate>

/** Blast radius on the search set, each in [0,1]. */
export const BlastRadius = z.strictObject({
  fields: z.int().min(0),
  b_config: z.number(),
  b_context: z.number(),
  b_decision: z.number(),
  negative_flip_rate: z.number(),
  reachable_intents: z.int(),
})
export type BlastRadius = z.infer<typeof BlastRadius>

/** One row per guardrail, always all of them; one that was not reached reads `not_evaluated`. */
export const GuardrailRow = z.strictObject({
  guardrail: Name,
  verdict: z.enum(['pass', 'block', 'not_evaluated', 'not_measured']),
  observed: z.number().nullable(),
  limit: z.number().nullable(),
  note: z.string(),
})
export type GuardrailRow = z.infer<typeof GuardrailRow>

/** Line of `candidates.jsonl`: the change, its search score and its fate. */
export const CandidateScore = CandidateChange.extend({
  digest: Digest,
  fate: Fate,
  reason: z.string(),
  search: ScoreDelta.nullable(),
  metric: z.number().nullable().meta({ description: "The target's metric on the search set, rendered or measured." }),
  search_evidence: z.number().nullable(),
  guardrails: z.array(GuardrailRow),
  blast_radius: BlastRadius.nullable(),
})
export type CandidateScore = z.infer<typeof CandidateScore>

/** Line of `replay-results.jsonl`: one paid replay of one case, in the order in which the search read it. */
export const ReplayResult = z.strictObject({
  candidate_id: Id,
  case_id: Name,
  family_id: Name,
  status: z.enum(['replayed', 'unreplayable', 'failed']),
  reason: z.string().nullable(),
  recording: Id.nullable(),
  context: Digest.nullable(),
  context_equal: z.boolean(),
  findings: z.array(Finding),
  scorecard: Scorecard.nullable(),
})
export type ReplayResult = z.infer<typeof ReplayResult>
