/** Tools of the three servers for agents: what each takes and what it gives. None takes a path, decides, or names the sealed side. */
import * as z from 'zod'
import { CaseRow, CaseTold, TargetTold, TriedChange } from './agent.ts'
import { CandidateScore, Fate, HandWrittenChange } from './candidate.ts'
import { Digest, Id, Name, Patch, SettingPath } from './common.ts'
import { Certificate, HeldoutQuestion, LedgerItem } from './heldout.ts'
import { InboxAnswer, Quarter } from './inbox.ts'
import { RejectionRecord } from './proposal.ts'
import { Review, ReviewSeat } from './review.ts'
import { Verdict } from './run.ts'
import { RunLine } from './run-line.ts'

const limit = z
  .int()
  .min(1)
  .max(100)
  .default(25)
  .meta({ description: 'Rows of the answer; a long one may hold fewer.' })
const next = (of: string) =>
  z
    .string()
    .nullable()
    .meta({ description: `Give it as "after" for more ${of}; null: that was all.` })
const budget = z
  .strictObject({ quarter: Quarter, budget: z.int(), spent: z.int() })
  .meta({ description: 'Proposals of this intent and quarter: they are counted, and the count ends.' })

/** What a server for proposers offers. */
export const PROPOSER_TOOLS = {
  list_surfaces: {
    title: 'What is asked for, and what may change',
    description: 'The metric, the limits, and every setting with its value now, its bounds and values. Begin here.',
    input: z.strictObject({}),
    output: TargetTold.extend({ proposals: budget }),
  },
  list_search_cases: {
    title: 'Recorded cases',
    description: 'Cases of the search side in the order of their ids, with their labels, a page at a time.',
    input: z.strictObject({ after: Name.optional(), limit }),
    output: z.strictObject({ cases: z.array(CaseRow), next: next('cases') }),
  },
  read_search_case: {
    title: 'One recorded case',
    description: 'What was offered, read, done and decided, and what people corrected. Long texts are cut.',
    input: z.strictObject({ case_id: Name }),
    output: CaseTold,
  },
  dead_ends: {
    title: 'What was said no to',
    description:
      'Rejections that memory holds under the present baseline and suite: by limits, people, sealed sets, production.',
    input: z.strictObject({ after: Digest.optional(), limit }),
    output: z.strictObject({
      dead_ends: z.array(RejectionRecord),
      next: next('rejections'),
      other_baselines: z.string().nullable().meta({
        description: 'How many more memory holds under another baseline, which forbid nothing here; null: none.',
      }),
    }),
  },
  history: {
    title: 'What was tried before',
    description:
      'Changes with their fates, newest first: of the inbox in this quarter, then of runs; of one setting where "path" names it.',
    input: z.strictObject({ path: SettingPath.optional(), skip: z.int().min(0).max(1_000_000).default(0), limit }),
    output: z.strictObject({
      tried: z.array(TriedChange),
      next: z.int().nullable().meta({ description: 'Give it as "skip" for more; null: that was all.' }),
    }),
  },
  propose_patch: {
    title: 'Propose a change',
    description:
      'Counts one proposal, holds it to its bounds and replays it on the search side: fate, difference on the metric, guardrails that block, first case of each. What was proposed before is answered from memory and not counted. It changes no setting and certifies nothing.',
    input: z.strictObject({
      patch: HandWrittenChange.shape.patch,
      rationale: z.string().max(4000).optional(),
      origin: Name.optional().meta({ description: 'Name of the agent (default: mcp).' }),
      prediction: HandWrittenChange.shape.prediction,
    }),
    output: z.strictObject({
      how: z.enum(['looked', 'memory']),
      n: z.int(),
      proposals: budget,
      answer: InboxAnswer,
    }),
  },
} as const

/** A review without what its links are made of. */
const ReviewTold = Review.omit({ seats: true }).extend({ seats: z.array(ReviewSeat.omit({ nonce: true })) })

/** What a server for reviewers offers: to read. People decide on a page or at a terminal. */
export const REVIEWER_TOOLS = {
  list_reviews: {
    title: 'Reviews',
    description: 'Reviews in the order of their ids, with how each stands.',
    input: z.strictObject({ after: Id.optional(), limit }),
    output: z.strictObject({
      reviews: z.array(
        z.strictObject({
          review_id: Id,
          run: Id,
          status: Review.shape.status,
          opened_at: z.string(),
          expires_at: z.string(),
          requires: z.array(Name),
          decided: z.int(),
        }),
      ),
      next: next('reviews'),
    }),
  },
  read_review: {
    title: 'One review',
    description:
      'The proposal with its certificate as reviewers are shown it but for the ids of sealed cases, seats and decisions. There is no tool that decides.',
    input: z.strictObject({ review_id: Id }),
    output: z.strictObject({
      run: Id,
      review: ReviewTold,
      is_as_shown: z
        .boolean()
        .meta({ description: 'false: files changed since it was opened; then nothing is shown.' }),
      proposal: z.json().meta({ description: 'The proposal under its own contract; null: it is not as it was shown.' }),
      parts: z.array(Name).meta({ description: 'Parts that "evidence" shows.' }),
    }),
  },
  evidence: {
    title: 'Evidence of a review',
    description: 'One part of what reviewers are shown beside the proposal, such as groups, examples, slices, look_at.',
    input: z.strictObject({ review_id: Id, part: Name }),
    output: z.strictObject({ review_id: Id, part: Name, evidence: z.json() }),
  },
} as const

/** A certificate without the cases that it names: they were sealed once, and no agent needs them. */
const CertificateTold = Certificate.omit({ changed_runs: true, regression_runs: true }).extend({
  changed_runs: z.int(),
  regression_runs: z.int(),
})

/** What a server for auditors offers: to read and to recompute. */
export const AUDITOR_TOOLS = {
  list_runs: {
    title: 'Runs',
    description: 'Runs that ended, newest first, with verdict, change, gain and harm.',
    input: z.strictObject({ intent: Id.optional(), after: Name.optional(), limit }),
    output: z.strictObject({ runs: z.array(RunLine), next: next('runs') }),
  },
  why_won: {
    title: 'Why a run ended as it did',
    description:
      'Verdict and reasons of a run, what became of its candidates, and of one of them (default: the winner) all figures with its certificate.',
    input: z.strictObject({ run: Id, candidate: Id.optional() }),
    output: z.strictObject({
      run: Id,
      verdict: Verdict,
      reasons: z.array(z.string()),
      winner: Patch.nullable(),
      ledger: z.string().nullable(),
      fates: z.partialRecord(Fate, z.int()),
      candidate: CandidateScore.nullable(),
      certificate: CertificateTold.nullable(),
    }),
  },
  verify_run: {
    title: 'Recompute a run',
    description:
      'Recomputes a run from what it pinned and compares bytes. The vault stays closed: what the gate answered is taken from the ledger.',
    input: z.strictObject({ run: Id }),
    output: z.strictObject({
      run: Id,
      reproducible: z.boolean().nullable(),
      scope: z.enum(['commit', 'gate', 'answer', 'none']),
      differences: z.array(z.strictObject({ file: z.string(), why: z.string() })),
      erased: z.int().meta({ description: 'Erasures of runs that it stands on.' }),
    }),
  },
  ledger: {
    title: 'Questions and what they spent',
    description: 'Sealed versions of an intent by their published counts, with every question that was asked of them.',
    input: z.strictObject({ intent: Id }),
    output: z.strictObject({
      versions: z.array(
        LedgerItem.pick({
          version: true,
          families: true,
          cases: true,
          alpha: true,
          questions: true,
          used: true,
          retired: true,
        }).extend({ history: z.array(HeldoutQuestion.pick({ k: true, run_id: true, answer: true })) }),
      ),
    }),
  },
} as const
