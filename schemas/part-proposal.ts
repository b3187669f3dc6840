/** A proposal to release another version of a part of the tuple that replay cannot judge: as its producer writes it, and as it is filed. */
import * as z from 'zod'
import { Day, Digest, Id, Name, Ref, RiskClass, SettingPath, Stamp } from './common.ts'
import { BaselineTuple } from './pack.ts'
import { claimsProof } from './part-words.ts'
import { Instant } from './review.ts'

const says = (least: number) =>
  z
    .string()
    .min(least)
    .max(2000)
    .refine(
      (text) => !claimsProof(text),
      'speaks of proof or a certificate: nobody certified this change. Say in other words what speaks for it',
    )

const asFiled = {
  $schema: z.string().optional(),
  kind: z.literal('part_release'),
  intent: Id,
  baseline_tuple: BaselineTuple.meta({ description: 'The tuple in force, as the producer saw it.' }),
  reason: says(3).meta({ description: 'Why, for the people who decide.' }),
  producer: Name.refine((text) => !claimsProof(text), 'speaks of proof or a certificate').meta({
    description: 'What made it: a tool or a person.',
  }),
  owner: Name.meta({ description: 'Answers for it, and holds no seat.' }),
  risk_class: RiskClass.meta({ description: 'At least that of the intent. It says which roles decide.' }),
  requires_reviewers: z.array(Name).max(20).optional().meta({ description: 'Roles beyond those of the risk class.' }),
  certified: z
    .literal(false, 'is false, or left out: replay cannot judge this part, so nobody certified the change')
    .optional(),
}

const version = {
  to: Ref.meta({ description: 'The new version, which was imported.' }),
  digest: Digest.meta({
    description: 'SHA-256 of its bytes as they were imported; of a suite, of its canonical JSON.',
  }),
}

/**
 * What another producer hands to `autotune propose FILE`: one part of the tuple in a new version, or surfaces of the pack to
 * retire, which leaves its settings as they are. Refused: a claim of proof in any field.
 */
export const PartProposalFile = z.discriminatedUnion('part', [
  z.strictObject({ ...asFiled, part: z.literal('policy'), ...version }),
  z.strictObject({ ...asFiled, part: z.literal('tools'), ...version }),
  z.strictObject({
    ...asFiled,
    part: z.literal('evaluators'),
    ...version,
    rebaseline: Day.optional().meta({
      description: 'Last day of the quarter that put both suites side by side. Without one the proposal is refused.',
    }),
  }),
  z.strictObject({ ...asFiled, part: z.literal('pack'), retire_surfaces: z.array(SettingPath).min(1).max(100) }),
])
export type PartProposalFile = z.infer<typeof PartProposalFile>

/** One value that differs between two documents; each side as JSON, null where it has none. */
export const DocumentEdit = z.strictObject({ path: z.string(), from: z.string().nullable(), to: z.string().nullable() })
export type DocumentEdit = z.infer<typeof DocumentEdit>

const replaced = {
  from: Ref,
  to: Ref,
  was: Digest.nullable().meta({ description: 'Null: the document in force was never imported.' }),
  digest: Digest,
  diff: z.array(DocumentEdit).nullable().meta({
    description: 'The first 200 values that differ; null: one of the two is no JSON, or not here.',
  }),
  edits: z.int().min(0).nullable(),
}

/** What a filed proposal changes, against the tuple in force. */
export const PartChange = z.discriminatedUnion('part', [
  z.strictObject({ part: z.literal('policy'), ...replaced }),
  z.strictObject({ part: z.literal('tools'), ...replaced }),
  z.strictObject({
    part: z.literal('evaluators'),
    ...replaced,
    rebaseline: z.strictObject({
      date: Day,
      digest: Digest.meta({ description: 'Of the bytes of that quarter.' }),
      runs: z.int().min(1),
      flipped_runs: z.int().min(0),
    }),
  }),
  z.strictObject({ part: z.literal('pack'), from: Ref, retire_surfaces: z.array(SettingPath).min(1) }),
])
export type PartChange = z.infer<typeof PartChange>

/**
 * `proposals/ID/DIGEST.json`. It has the fields by which a TuningProposal is reviewed and released, and none that could say that it
 * was proved. Its id follows from intent, baseline and change, so that the same change is not proposed twice.
 */
export const PartProposal = z.strictObject({
  kind: z.literal('part_release'),
  tuning_proposal_id: Id,
  status: z.literal('proposed'),
  certified: z.literal(false),
  certification: Stamp,
  target: z.strictObject({ intent: Id }),
  change: PartChange,
  baseline_refs: BaselineTuple,
  baseline_tuple: Id,
  search_set: z
    .strictObject({
      ref: z.string(),
      digest: Digest,
      cases: z.int().min(1),
      corrections: z.strictObject({ n: z.int().min(1), digest: Digest }).optional(),
    })
    .meta({ description: 'Cases on which the way back is replayed. The change itself was replayed on none.' }),
  risk_class: RiskClass,
  release_path: z.strictObject({
    requires_reviewers: z.array(Name).min(2),
    rollout_stage: z.literal('0%_shadow'),
    rollback_target: Ref,
  }),
  owner: Name,
  producer: Name,
  rationale: says(3),
  proposed_at: Instant,
  computed_from: z.record(z.string(), Digest).meta({ description: 'What it stands on, by the digest of its bytes.' }),
})
export type PartProposal = z.infer<typeof PartProposal>
