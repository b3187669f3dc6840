/** The sealed held-out set: published facts, ledger item, question, answer and certificate. */
import * as z from 'zod'
import { CandidateChange } from './candidate.ts'
import { Digest, Id, Name, Share } from './common.ts'
import { ScoreDelta } from './suite.ts'
import { Units } from './units.ts'

const count = z.int().min(0)

/** Key under which the case that speaks for a family's utility is drawn, made of the split's key. */
export const DrawKey = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({
    description:
      'Key by which the case that speaks for each family is drawn, among those whose label stands. Absent: drawn by names alone, before labels were looked at.',
  })

/** What checked rows compare with, read off the recorded runs of the search before a version is sealed. */
export const PinnedLimits = z.strictObject({
  p95_latency_ms: z.number().nullable().meta({ description: 'null: not every recorded run carries a latency.' }),
  p50_latency_ms: z.number().nullable(),
  decisions: z.int().min(1).meta({ description: 'M: decisions of the largest family; no sealed one counts for more.' }),
  judge: z
    .strictObject({
      families: count,
      overlap: count,
      disagreements: count,
      table: z
        .strictObject({ both_pass: count, first_only: count, second_only: count, both_fail: count })
        .optional()
        .meta({
          description:
            'Those families by what judge (first) and person (second) say. Absent: sealed before it was counted.',
        }),
    })
    .optional()
    .meta({
      description:
        'Search families whose label a model judge gave, those of them that a person labelled as well, and where the two differ. Absent: no judge, or sealed before labels were looked at.',
    }),
})
export type PinnedLimits = z.infer<typeof PinnedLimits>

/**
 * Labels of a sealed version: families by who gave the label that speaks for them, and cases whose label is disputed or
 * missing, which are set aside before it is drawn. Their sum over `kinds` is `labelled`.
 */
export const LabelCounts = z.strictObject({
  kinds: z.strictObject({ human: count, rule: count, business: count, judge: count, replay: count, unnamed: count }),
  disputed: count,
  missing: count,
})
export type LabelCounts = z.infer<typeof LabelCounts>

/**
 * What is published of a sealed version: counts and budget, never a case. `version` is its content digest. Everything
 * here is fixed at sealing, from the recordings alone (the held-out gate, "Words").
 */
export const HeldoutVersion = z.strictObject({
  version: Digest,
  intent: Name,
  /** Error budget of the whole version, e.g. .05: how likely it ever certifies a harmful candidate. */
  alpha: z.number(),
  questions: z.int().min(1).meta({ description: 'K' }),
  /** Level of one question: `alpha` / K. */
  alpha_k: z.number(),
  families: count,
  cases: count,
  labelled: count.meta({ description: 'n: families whose utility can be scored.' }),
  draw: DrawKey.optional(),
  labels: LabelCounts.optional().meta({ description: 'Absent: sealed before they were counted.' }),
  scored: z
    .strictObject({ policy: count, safety: count, approval: count })
    .meta({ description: 'N per binary guardrail.' }),
  exposure: z
    .record(Id, z.strictObject({ exposed: count, not_at_stake: count, not_recorded: count }))
    .optional()
    .meta({
      description:
        'Families by what each binary floor has to look at, from the recorded runs alone. Absent: sealed by version 0.1.0.',
    }),
  excluded: count.meta({ description: 'Cases whose baseline did not reproduce at sealing.' }),
  excluded_families: z
    .strictObject({ some: count, all: count })
    .optional()
    .meta({ description: 'Families with such a case, and those with no other: they count against every candidate.' }),
  suite: z.string(),
  corrections: count.optional().meta({ description: 'Corrections that its cases hold. Absent: there are none.' }),
  pinned: PinnedLimits.optional().meta({ description: 'Absent: sealed by version 0.1.0, which pinned none.' }),
  baseline: Digest.meta({
    description:
      'Digest of the baseline tuple and settings that were pinned, and of the harness module that replayed them.',
  }),
})
export type HeldoutVersion = z.infer<typeof HeldoutVersion>

/**
 * One question as the ledger keeps it. `k` counts from 1; `commit` binds the ordered list of candidates. A crash has
 * spent it: an open question is resumed or answered "no", never asked again (DESIGN 5).
 */
export const HeldoutQuestion = z.strictObject({
  k: z.int().min(1),
  commit: Digest,
  run_id: Id,
  answer: z.boolean().nullable().meta({ description: 'The one bit; null while open.' }),
  chain: Digest.meta({ description: 'hash(chain before, question)' }),
})
export type HeldoutQuestion = z.infer<typeof HeldoutQuestion>

/**
 * One ledger item per version. Every transition is one conditional write on `revision`. `used` counts questions, at
 * most K. `retired`: `passed` (its first "yes"), `exhausted` (its last "no"), `superseded` (a newer version was
 * sealed, or is to be), `erased` (it was asked, and a person had some of its families erased), `suite_changed` (it was asked, and a run came
 * under another evaluator suite), `resplit` (it was asked, and its intent was split anew); null: live.
 */
export const LedgerItem = HeldoutVersion.extend({
  used: count,
  open: z.strictObject({ k: z.int(), commit: Digest, run_id: Id }).nullable(),
  history: z.array(HeldoutQuestion),
  retired: z.enum(['passed', 'exhausted', 'superseded', 'erased', 'suite_changed', 'resplit']).nullable(),
  chain: Digest,
  revision: count,
})
export type LedgerItem = z.infer<typeof LedgerItem>

/**
 * What the run binds itself to before any sealed case is read. Its digest is the `commit`; a change of margin, level,
 * suite or list is another question (the held-out gate, "One question = one ordered list").
 */
export const Commitment = z.strictObject({
  version: Digest,
  target: Digest,
  guardrails: Digest,
  suite: Digest,
  baseline: Digest,
  pinned: Digest.optional(),
  candidates: z.array(Digest),
})
export type Commitment = z.infer<typeof Commitment>

/**
 * One binary floor on the sealed set: families by exposure, those that violate (`exposed_violations` of them where
 * something was exposed) and upper bounds of the rate at the row's level, over all and over the exposed. `p` null: not at
 * stake, for the reason beside it; then nothing is certified of it.
 */
export const FloorTally = z.strictObject({
  evaluator_id: Id,
  exposed: count,
  not_at_stake: count,
  not_recorded: count,
  violations: count,
  exposed_violations: count,
  p: Share.nullable(),
  bound: Share.nullable(),
  exposed_bound: Share.nullable(),
  not_at_stake_because: z.string().optional(),
})
export type FloorTally = z.infer<typeof FloorTally>

/**
 * One guardrail on the sealed set. `certified`: inside the error budget, passed when p <= level. `not_at_stake`: nothing
 * in the search space can break it, or the owner declared so; a violation blocks all the same. `checked`: a bound at
 * its level that can block and is never called proved (the held-out gate, "From the contract to the rules").
 * `observed`, `limit` and `bound` are in the guardrail's unit: share, score, ms or cents; null: not measured.
 */
export const CertifiedRow = z.strictObject({
  guardrail: Name,
  kind: z.enum(['certified', 'checked', 'not_at_stake']),
  passed: z.boolean(),
  families: count,
  observed: z.number().nullable(),
  limit: z.number(),
  p: Share.nullable().meta({ description: 'p-value at this level; null where a checked rule asks nothing.' }),
  level: z.number(),
  bound: z
    .number()
    .nullable()
    .meta({ description: 'Upper bound of the violation rate, of the mean difference, or smallest certifiable drop.' }),
  /** What it was counted from, by name, e.g. violations, regressions, improvements. */
  counts: z.record(z.string(), z.number()),
  rule: z
    .enum(['by_construction', 'mean_bet', 'count_above', 'not_measured'])
    .optional()
    .meta({ description: 'How a checked row was decided; absent: a certified one, or made by version 0.1.0.' }),
  note: z.string().optional().meta({ description: 'Why a checked row is not measured.' }),
  evaluators: z.array(FloorTally).optional().meta({ description: 'Of a binary guardrail: each passes by itself.' }),
})
export type CertifiedRow = z.infer<typeof CertifiedRow>

/**
 * What the sealed set says of one candidate; it leaves the vault with a "yes" only. `p` is over all its certified rows,
 * and `checked` says that no checked row blocks. `changed_runs`: cases that differ from the baseline;
 * `regression_runs`: a floor or the utility of the case fell. Both hold case ids, under the names of the article's
 * CandidateScore.
 */
export const Certificate = z.strictObject({
  candidate_id: Id,
  digest: Digest,
  change: CandidateChange,
  p: Share,
  rows: z.array(CertifiedRow),
  certified: z.boolean(),
  checked: z.boolean(),
  heldout: ScoreDelta,
  units: Units.optional().meta({ description: 'Counts by decision. Absent: made before they were kept.' }),
  metric: z.strictObject({
    baseline: z.number().nullable(),
    candidate: z.number().nullable(),
    bound: z.number().nullable(),
  }),
  changed_runs: z.array(Name),
  regression_runs: z.array(Name),
})
export type Certificate = z.infer<typeof Certificate>

/** Answers of a model that both arms of a question stand on. The answers themselves lie in the vault. */
export const LiveEvidence = z.strictObject({
  model: Name,
  host: z.string().meta({ description: 'Where it was asked.' }),
  answers: count.meta({ description: 'Answers that the harness got.' }),
  from_cache: Share.meta({ description: 'Share of them that was not asked for it: the other arm had asked the same.' }),
  first: z.string().nullable().meta({ description: 'When the first of them was given; null: there are none.' }),
  last: z.string().nullable(),
  served: z.array(z.string()).optional().meta({
    description:
      'Names that the endpoint said it answered under, where one of them is not the model that was asked. A question with several is answered no.',
  }),
})
export type LiveEvidence = z.infer<typeof LiveEvidence>

/**
 * `gate.json`. A "no" is these three fields and nothing else, whatever its cause: no delta, no case, no reason (the
 * held-out gate, "The answer is one bit"). A "yes" retires the version, so its certificates may be shown.
 */
export const GateAnswer = z.discriminatedUnion('certified', [
  z.strictObject({ certified: z.literal(false), version: Digest, question: z.int() }),
  z.strictObject({
    certified: z.literal(true),
    version: Digest,
    question: z.int(),
    commit: Digest,
    certificates: z.array(Certificate),
    scored: Digest.optional().meta({
      description: 'Over the recorded scores of both passes, where code of the user’s own replayed.',
    }),
    live: LiveEvidence.optional().meta({
      description: 'Where a model was asked live. Absent: recorded answers stand.',
    }),
  }),
])
export type GateAnswer = z.infer<typeof GateAnswer>

/**
 * One line of the preflight: can the set answer, and what would it take. Reads search data and published counts alone,
 * and spends nothing. `power` in [0, 1]; null: not a question of power.
 */
export const PreflightRow = z.strictObject({
  guardrail: Name,
  verdict: z.enum(['ready', 'inconclusive']),
  families: count,
  needed: count.nullable().meta({ description: 'Families needed; null when no number would do.' }),
  power: Share.nullable(),
  note: z.string(),
  records_lack: z
    .boolean()
    .optional()
    .meta({ description: 'The records lack what an evaluator looks at: no number of families would mend it.' }),
})
export type PreflightRow = z.infer<typeof PreflightRow>
