/** Tuning proposal (the article's, field for field, plus ours) and rejection record. */
import * as z from 'zod'
import { AppliesTo, BlastRadius, CandidateChange, CandidateScore, GuardrailRow } from './candidate.ts'
import { Digest, Id, Name, Patch, Ref } from './common.ts'
import { CertifiedRow, LabelCounts } from './heldout.ts'
import { LAYERS } from './surface-fields.ts'
import { Guardrails, TargetMetric } from './target.ts'

/**
 * Where a proposal can stand (the article has `proposed`; the rest are ours). Only `proposed` is stored: the others
 * follow from its review and its rollout. `expired`: nobody decided in time, which is not an approval.
 */
const PROPOSAL_STATUS = [
  'proposed',
  'in_review',
  'approved',
  'rejected',
  'expired',
  'released',
  'rolled_back',
  'superseded',
  'retired',
] as const

/**
 * `selected-proposal.json`: the article's TuningProposal, field for field, then ours from `owner` on. It changes
 * nothing by itself: no code path from here writes a pack or a release (DESIGN 5). `observed_delta` is candidate minus
 * baseline on the held-out set, in the unit of each key; null: not measured.
 */
export const TuningProposal = z.strictObject({
  tuning_proposal_id: Id,
  status: z.enum(PROPOSAL_STATUS),
  target: z.strictObject({ intent: Name, metric: TargetMetric, direction: z.enum(['decrease', 'increase']) }),
  candidate_change: z.strictObject({
    layer: z.enum(LAYERS),
    target_pack: Ref,
    patch: Patch,
    origin: CandidateChange.shape.origin,
    strategy_rule: CandidateChange.shape.strategy_rule,
    prediction: CandidateChange.shape.prediction,
    happened: CandidateScore.shape.happened,
    applies_to: AppliesTo.optional(),
  }),
  replay: z.strictObject({
    search_set: z.string(),
    heldout_test_set: z.string(),
    evaluation_run_id: Id,
    baseline_tuple: Id,
  }),
  observed_delta: z.record(z.string(), z.number().nullable()),
  guardrails: z.strictObject({ passed: z.boolean(), regression_runs: z.array(Name) }),
  release_path: z.strictObject({
    requires_reviewers: z.array(Name),
    rollout_stage: z.literal('0%_shadow'),
    rollback_target: Ref,
  }),
  owner: Name,
  rationale: z.string(),
  certificate: z.array(CertifiedRow),
  search_guardrails: z.array(GuardrailRow),
  not_measured: z.record(z.string(), z.string()),
  /** The version that was asked: question `question` of `of`, and how much of its error budget is spent. */
  ledger: z.strictObject({
    version: Digest,
    question: z.int(),
    of: z.int(),
    alpha: z.number(),
    spent: z.number(),
    retired: z.string(),
    line: z.string(),
  }),
  blast_radius: BlastRadius,
  wording: z.array(z.string()).meta({ description: 'What may be said of this certificate, line by line.' }),
  /** Search cases whose baseline did not reproduce, by typed reason, and their share of the set (0..1). */
  excluded_cases: z.strictObject({
    search: z.record(z.string(), z.int()),
    share: z.number(),
    heldout: z
      .strictObject({ families: z.int(), share: z.number() })
      .optional()
      .meta({ description: 'Sealed families that were left out, each counted against the change; their share.' }),
    traces: z.strictObject({ n: z.int(), share: z.number() }).optional().meta({
      description: 'Traces that became no run when they were imported; their share of all. Absent: no traces.',
    }),
  }),
  labels: LabelCounts.extend({
    judge: z
      .strictObject({ n: z.int(), disagreements: z.int(), bound: z.number().nullable(), kappa: z.number().nullable() })
      .nullable()
      .meta({
        description:
          'A model judge beside people on the search set: families that both labelled, where they differ, the upper 95 % bound of that share, and Cohen’s kappa; null: not measured. null: no judge.',
      }),
  })
    .optional()
    .meta({ description: 'What utility stands on. Absent: sealed before labels were counted.' }),
  /** Artifact -> digest of its bytes: what the proposal can be recomputed from. */
  computed_from: z.record(z.string(), Digest),
})
export type TuningProposal = z.infer<typeof TuningProposal>

/**
 * What a "no" was said under: it is a dead end only for a target that asks as much. `guardrails`: the limits that did not hold,
 * as the target declared them. Which of the fields stand follows from the source; `functions/core/gate/rejections.ts` says
 * what each forbids.
 */
const RejectedUnder = z.strictObject({
  metric: z.string(),
  direction: z.enum(['decrease', 'increase']),
  guardrails: Guardrails.optional(),
  search_set: Digest.optional().meta({ description: 'Of search_guardrail: the cases that it was seen on.' }),
  version: Digest.optional().meta({ description: 'Of gate: the sealed version that answered.' }),
  terms: Digest.optional().meta({ description: 'Of gate: digest of what else the question said of its limits.' }),
})
/** Metric, limits, search set and question that a rejection was given under. */
export type RejectedUnder = z.infer<typeof RejectedUnder>

/**
 * Why a patch is not proposed again (the article: a rejection that later search respects). Expires when the baseline
 * tuple or the suite changes: both are in the key. An inconclusive or refused run leaves none, and neither does a limit that was
 * not measured.
 */
export const RejectionRecord = z.strictObject({
  rejection_id: Digest.meta({
    description: 'Digest of the other fields; of an earlier version: of patches, suite and baseline.',
  }),
  intent: Id,
  patches: z.array(Patch).min(1).meta({
    description:
      'One patch; for a gate\'s "no" the whole committed list, in order; of search_guardrail all that broke the same limits.',
  }),
  suite: Digest,
  baseline: Digest,
  source: z.enum(['search_guardrail', 'gate', 'reviewer', 'rollback']),
  reason: z.string(),
  reasons: z.array(z.string()).optional().meta({ description: 'One a patch, where several broke the same limits.' }),
  run_id: Id,
  under: RejectedUnder.optional().meta({
    description: 'Absent: by a rollback, or by an earlier version, which did not say.',
  }),
})
export type RejectionRecord = z.infer<typeof RejectionRecord>

/** `autotune forget`: lifts one rejection. It is added beside it, and neither is ever taken away. */
export const RejectionLift = z.strictObject({
  lifts: Digest.meta({ description: 'rejection_id of what no longer holds.' }),
  reason: z.string().min(3).max(2000),
  person: Name,
  at: z.string(),
})
export type RejectionLift = z.infer<typeof RejectionLift>
