/** What a run is given, what it leaves, and the manifest over both. */
import * as z from 'zod'
import { CandidateChange, Fate } from './candidate.ts'
import { Digest, Id, Name, Patch } from './common.ts'
import { DrawKey, HeldoutVersion, PreflightRow } from './heldout.ts'
import { LiveNoise, LivePin } from './live-model.ts'
import { ModelUsage } from './model-usage.ts'
import { ContextPack, PriceTable } from './pack.ts'
import { FUNCTION_VERSION_PATTERN } from './patterns.ts'
import { RejectionRecord } from './proposal.ts'
import { Scar } from './scar.ts'
import { EvaluatorSuite } from './suite.ts'
import { TuningTarget } from './target.ts'

/**
 * A model that a harness may ask for what was not recorded: ARN in Amazon Bedrock, and the longest answer in tokens.
 * Off unless it is named (DESIGN 4).
 */
const PinnedModel = z.strictObject({
  model_arn: z.string().min(1),
  max_tokens: z.int().min(1).max(100_000),
})

/**
 * How well the process that runs a user's own code is held. `wall`: it sees no process, network or file but its own. `belt`:
 * Node's permission model, which on older lines lets the network through. `deployed`: a function of yours, held by
 * nobody here. `none`: not at all.
 */
export const Cage = z.enum(['wall', 'belt', 'belt without network gate', 'deployed', 'none'])
export type Cage = z.infer<typeof Cage>

const Live = LivePin.optional().meta({
  description: 'The model that answered what the harness asked, in both arms. Absent: recorded answers did.',
})

/**
 * What replayed the cases. A module and a program are pinned by their bytes, a function by its version: with others the
 * run is another one. Limits are in milliseconds.
 */
export const Replayer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('transcript') }),
  z.strictObject({
    kind: z.literal('module'),
    path: z.string().meta({ description: "The user's own harness, as named on the command line." }),
    digest: Digest.meta({ description: 'Over the module and the local files that it names.' }),
    limit_ms: z.int().min(1).meta({ description: 'Longest that one case may take.' }),
    cage: Cage.optional().meta({ description: 'Absent: run by a version that did not say.' }),
    live: Live,
  }),
  z.strictObject({
    kind: z.literal('exec'),
    path: z.string().meta({ description: "The user's own harness, a program, as named on the command line." }),
    digest: Digest.meta({ description: 'Over the executable, the files declared beside it, and its interpreter.' }),
    interpreter: z
      .strictObject({ path: z.string(), digest: Digest })
      .nullable()
      .meta({ description: 'What runs a script, pinned by its bytes, not by its libraries. Null: a program itself.' }),
    limit_ms: z.int().min(1).meta({ description: 'Longest that one case may take.' }),
    cage: Cage.extract(['wall', 'none']),
    live: Live,
  }),
  z.strictObject({
    kind: z.literal('lambda'),
    function_arn: z.string().regex(FUNCTION_VERSION_PATTERN).meta({
      description: "The user's own harness function: ARN with a version number.",
    }),
    limit_ms: z.int().min(1).meta({ description: 'Longest that one call may take.' }),
    model: PinnedModel.optional().meta({ description: 'Absent: an unrecorded model call is an unpinned call.' }),
  }),
])
export type Replayer = z.infer<typeof Replayer>

/** What the imports of traces into a store read. A trace that several of them read counts in each. */
export const TraceSelection = z.strictObject({
  imports: z.int(),
  runs: z.int().meta({ description: 'Traces that became a run.' }),
  dropped: z.record(z.string(), z.int()).meta({ description: 'Traces that became none, by reason.' }),
})
export type TraceSelection = z.infer<typeof TraceSelection>

/** What the imports of a store found of runs that are nearly the same as one of another family, on both sides together. */
export const NearCopies = z.strictObject({
  runs: z.int().min(1).meta({ description: 'Such runs: each counts as evidence of its own.' }),
  of: z.int().meta({ description: 'Runs of the intent in the imports that brought them.' }),
})
export type NearCopies = z.infer<typeof NearCopies>

/** A change that a proposer made and that is no candidate of the run. `paths`: as it named them. */
export const LeftOut = z.strictObject({
  origin: Name,
  paths: z.array(z.string().max(200)),
  why: z.enum(['out_of_bounds', 'duplicate', 'released', 'too_many', 'unreadable']),
  reason: z.string().max(2000),
  n: z.int().min(1).optional().meta({ description: 'Changes that it stands for. Absent: one.' }),
})
/** One of them, or how many were too many. */
export type LeftOut = z.infer<typeof LeftOut>

/** What proposers made for a run before it searched: candidates beside those of the search, and what was left out. */
export const ProposedInRun = z.strictObject({
  proposers: z.array(Name).min(1).meta({ description: 'Those that were asked, in their order.' }),
  blocks: Digest.optional().meta({ description: 'Of the library of blocks. Absent: none was handed over.' }),
  candidates: z.array(CandidateChange),
  left_out: z.array(LeftOut),
  usage: z
    .array(ModelUsage)
    .min(1)
    .optional()
    .meta({ description: 'What a model cost that proposed. Absent: none was asked.' }),
})
/** Candidates of proposers, pinned with their run. */
export type ProposedInRun = z.infer<typeof ProposedInRun>

/**
 * The article's AutotuneRun with everything resolved and pinned: `target.json`. A run is recomputed from this file, the
 * search set it names and, once the held-out version is retired, that version. `heldout_test_set` is a version's
 * published facts, never its cases.
 */
export const AutotuneRun = z.strictObject({
  run_id: Id,
  target: TuningTarget,
  pack: ContextPack,
  evaluator_suite: EvaluatorSuite,
  price_table: PriceTable.nullable(),
  documents: z.record(z.string(), Digest).optional().meta({
    description:
      'Digests of the other documents that the tuple names, by their place in it, as far as they were imported.',
  }),
  replayer: Replayer,
  verdict_cage: Cage.optional().meta({
    description: 'How modules of the suite were held while they judged. Absent: it has none.',
  }),
  search_set: z.strictObject({
    ref: z.string(),
    digest: Digest,
    cases: z.int(),
    corrections: z
      .strictObject({ n: z.int().min(1), digest: Digest })
      .optional()
      .meta({ description: 'Corrections that its cases hold, and their digest. Absent: there are none.' }),
  }),
  traces: TraceSelection.optional().meta({
    description: 'What was left out when traces were imported; absent: no runs of the store come from traces.',
  }),
  near_copies: NearCopies.optional().meta({
    description: 'Runs that may be copies of others and were not joined. Absent: imports found none, or did not say.',
  }),
  heldout_test_set: HeldoutVersion.nullable(),
  gate_rules: z
    .string()
    .optional()
    .meta({ description: 'Version of this program whose gate rules the run was made by; absent: 0.1.0.' }),
  scars: z.array(Scar).min(1).optional().meta({
    description: 'Cases of the search side that no candidate may fail where the baseline passes them. Absent: none.',
  }),
  says_origin: z
    .literal(true)
    .optional()
    .meta({ description: 'Each line of candidates.jsonl says what made it; absent: made before they did.' }),
  draw: DrawKey.optional(),
  exposure_rules: z.int().min(2).optional().meta({
    description: 'Rules by which evaluators look at records, and certificates speak of it; absent: the first ones.',
  }),
  candidates: z
    .array(CandidateChange)
    .nullable()
    .meta({ description: 'Hand-written changes in place of the search; null: search.' }),
  proposed: ProposedInRun.optional().meta({ description: 'Absent: no proposer was asked.' }),
  rejections: z.array(RejectionRecord).meta({ description: 'Rejection memory as read once at the start.' }),
  demonstration: z
    .string()
    .nullable()
    .meta({ description: 'Why this run certifies nothing for real use; null: it is for real.' }),
})
export type AutotuneRun = z.infer<typeof AutotuneRun>

/**
 * How a run ended. `certified`: there is a proposal; `not_certified`: the gate said "no"; `inconclusive`: the sealed
 * set cannot answer, nothing was spent; `refused`: the contract or the ledger stands against it; `no_candidate`: no
 * change survived the search.
 */
export const VERDICTS = ['certified', 'not_certified', 'inconclusive', 'refused', 'no_candidate'] as const

/** One of `VERDICTS`. */
export const Verdict = z.enum(VERDICTS)
export type Verdict = z.infer<typeof Verdict>

/**
 * The same number of replays spent on uniformly random candidates: what the search itself was worth. `best` is null
 * when none of them was feasible.
 */
const NoSearch = z.strictObject({
  candidates: z.int(),
  replays: z.int(),
  best: z.strictObject({ patch: Patch, metric: z.number() }).nullable(),
})

/**
 * How far the changes of one origin came: each number is of the one before. `in_bounds`: declared and within its bounds,
 * whether or not another proposed it first. `replayed`: neither memory nor rendering alone decided it. `survived`: it held
 * every limit on the search set, and gained. `best` of these, on the target's metric; the no-search arm is its yardstick.
 */
const OriginOfRun = z.strictObject({
  origin: Name,
  proposed: z.int().min(0),
  in_bounds: z.int().min(0),
  replayed: z.int().min(0),
  survived: z.int().min(0),
  certified: z.int().min(0),
  best: z.strictObject({ patch: Patch, metric: z.number() }).nullable(),
})
/** One row of how far the changes of each origin came. */
export type OriginOfRun = z.infer<typeof OriginOfRun>

/** What `run --json` prints, and what a manifest keeps. Null: the run did not come that far. */
export const RunSummary = z.strictObject({
  run: Id,
  verdict: Verdict,
  proposal: z.string().nullable(),
  winner: Patch.nullable(),
  heldout_families: z.int().nullable(),
  needed_families: z.int().nullable(),
  candidates: z.array(z.strictObject({ candidate_id: Id, patch: Patch, fate: Fate, reason: z.string() })),
  search: z.strictObject({
    visited: z.int(),
    paid: z.int(),
    /** Replays that were not paid for: the context was seen before, or equals the recorded one. */
    avoided: z.int(),
    /** Whether the whole lattice was searched; false: sampled. */
    exact: z.boolean(),
    unreplayable: z.int().meta({ description: 'Paid replays whose answer the records do not hold.' }),
    failed: z.int().meta({ description: 'Paid replays in which the harness failed.' }),
    no_search: NoSearch.nullable(),
  }),
  origins: z.array(OriginOfRun).optional().meta({ description: 'Absent: no proposer was asked.' }),
  excluded: z
    .strictObject({ cases: z.record(z.string(), z.int()), share: z.number() })
    .meta({ description: 'Search cases left out because their baseline does not reproduce, by typed reason.' }),
  control: z.array(z.string()).optional().meta({
    description: 'What the negative control saw, a line a surface. Absent: made by version 0.1.0, or refused before.',
  }),
  noise: LiveNoise.optional().meta({ description: 'Of a live run. Absent: no model was asked live.' }),
  reasons: z.array(z.string()),
  preflight: z.array(PreflightRow),
  ledger: z.string().nullable(),
  not_searched: z.array(z.string()).min(1).optional().meta({
    description: 'Values about which no recording speaks, in lines, as `run --json` tells them: no manifest holds it.',
  }),
})
export type RunSummary = z.infer<typeof RunSummary>

/**
 * One line of `audit.jsonl`: an artifact, what it was computed from, chained to the line before. `seq` counts from 0,
 * and the first line has no `previous`. What `verify` recomputes (DESIGN 3).
 */
export const AuditLine = z.strictObject({
  seq: z.int().min(0),
  artifact: Name,
  digest: Digest,
  computed_from: z.record(z.string(), Digest),
  previous: Digest.nullable(),
})
export type AuditLine = z.infer<typeof AuditLine>

/** `manifest.json`: times and what was billed. Left out of comparisons across runs; `digest` covers all of it. */
export const RunManifest = z.strictObject({
  run_id: Id,
  intent: Name,
  risk_class: Name,
  verdict: Verdict,
  started_at: z.string(),
  finished_at: z.string(),
  artifacts: z.record(z.string(), Digest),
  billed: z.strictObject({ replays: z.int(), heldout_questions: z.int() }),
  summary: RunSummary,
  digest: Digest,
})
export type RunManifest = z.infer<typeof RunManifest>

/** `refusal.json`: a run that did not start, because its contract was refused. All that is left of it. */
export const RunRefusal = z.strictObject({
  run_id: Id,
  verdict: z.literal('refused'),
  refused_at: z.string(),
  reasons: z.array(z.string()).min(1),
  target: TuningTarget.meta({ description: 'As it was given, unanswered questions and all.' }),
  digest: Digest.meta({ description: 'Over the other fields.' }),
})
export type RunRefusal = z.infer<typeof RunRefusal>
