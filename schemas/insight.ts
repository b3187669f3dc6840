/** What recurs in recorded runs: failures and corrections of one pattern, as evidence for whoever proposes a change. */
import * as z from 'zod'
import { Day, Id, Name, SettingPath, SettingValue, Share } from './common.ts'

/**
 * Kinds of insight. `failure_cluster`: an evaluator fails for one reason. `correction_cluster`: people corrected the outcome of
 * runs that a suite passes. `unread_passage`: a passage that a right answer needs was offered and not read.
 */
export const INSIGHT_KINDS = ['failure_cluster', 'correction_cluster', 'unread_passage'] as const

/** One pattern that recurs on the search side of an intent. Free text of records is in none of its fields. */
export const Insight = z.strictObject({
  insight_id: Id.meta({ description: 'Of kind, intent and pattern: the same pattern is the same insight.' }),
  kind: z.enum(INSIGHT_KINDS),
  intent: Id,
  pattern: Name,
  occurrences: z.int().min(1).meta({ description: 'Families, each counted once.' }),
  of: z.int().min(1).meta({ description: 'Families that were looked at.' }),
  confidence: Share.meta({ description: 'Lower 95 % bound (Clopper-Pearson) of the share of families it occurs in.' }),
  first_seen: Day.nullable(),
  last_seen: Day.nullable(),
  evidence_refs: z.array(Id).meta({ description: 'The first 50 run ids, in their order.' }),
  status: z.literal('open'),
  suggests: z.strictObject({ path: SettingPath, to: SettingValue }).nullable().meta({
    description:
      'The least value of a surface under which nine in ten of these passages are read; null: no single setting would.',
  }),
  where: z.strictObject({ attribute: Name, value: Name }).nullable().meta({
    description: 'An attribute that all of these runs share and not all runs have, the rarest; null: there is none.',
  }),
})
export type Insight = z.infer<typeof Insight>
