/** One candidate on the sealed set, counted by decision: what stands beside the counts of families. */
import * as z from 'zod'
import { Name } from './common.ts'

const count = z.int().min(0)

/**
 * Decisions (cases) that violate, lose or gain, where every guardrail row counts families. `heavy`: families that carry more
 * than the declared share of all decisions, the largest first.
 */
export const Units = z.strictObject({
  families: count,
  decisions: count,
  policy_violations: count,
  safety_violations: count,
  approval_bypasses: count,
  labelled: count,
  regressions: count,
  improvements: count,
  metric_per_family: z.number().nullable().meta({
    description: 'Mean over families of the difference of the target metric; null: no mean, or not measured.',
  }),
  heavy: z.array(z.strictObject({ family_id: Name, decisions: count })),
})
export type Units = z.infer<typeof Units>
