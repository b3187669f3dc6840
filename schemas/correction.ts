/** A correction of a recorded run that came after it was stored: a line of what `autotune correct` reads, and of what it keeps. */
import * as z from 'zod'
import { Id, Name } from './common.ts'

const Marked = z
  .strictObject({ gold: z.boolean().optional(), required: z.boolean().optional() })
  .refine((m) => m.gold !== undefined || m.required !== undefined, 'say "gold" or "required" of it, or leave it out')

/**
 * What a person says of a stored run later. The run stays as it was recorded; what counts from the next search and the next
 * sealed version on is the latest word about its label and about each passage. Needs one of `outcome`, `label_disputed`,
 * `evidence` and `note`; a note alone changes nothing.
 */
export const Correction = z
  .strictObject({
    run_id: Id,
    at: z.iso
      .datetime({ offset: true, error: 'when it was said, as 2026-11-29T10:00:00Z' })
      .meta({ description: 'When it was said. Of two corrections of one run the later one stands.' }),
    by: Name.meta({ description: 'Who says it.' }),
    outcome: z
      .strictObject({ passed: z.boolean().optional(), score: z.number().min(0).max(1).optional() })
      .refine((o) => o.passed !== undefined || o.score !== undefined, 'say "passed" or "score", or leave outcome out')
      .optional()
      .meta({ description: 'The label that the run should have; a score alone passes at 1.' }),
    label_disputed: z.boolean().optional().meta({
      description:
        "true: its label counts nowhere. false: what was recorded stands after all, an operator's word in the record among it, and no dispute of it does.",
    }),
    evidence: z
      .record(Name, Marked)
      .refine((all) => Object.keys(all).length > 0, 'name a passage, or leave evidence out')
      .optional()
      .meta({
        description:
          'evidence_ref -> whether a right answer needs it (gold) and whether its loss is a finding of policy (required).',
      }),
    note: z.string().min(1).max(4000).optional(),
  })
  .superRefine(({ outcome, label_disputed, evidence, note }, ctx) => {
    const refuse = (message: string) => ctx.addIssue({ code: 'custom', message })
    if (outcome !== undefined && label_disputed !== undefined)
      refuse(
        'it corrects the outcome and speaks of a dispute: a label that is corrected is not disputed. Leave one out',
      )
    if ([outcome, label_disputed, evidence, note].every((said) => said === undefined))
      refuse('it says nothing: give outcome, label_disputed, evidence or note')
  })
export type Correction = z.infer<typeof Correction>
