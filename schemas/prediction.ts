/** What a proposer says beforehand that its change will do, and what the search set showed of it. */
import * as z from 'zod'
import { Name } from './common.ts'
import { TargetMetric } from './target.ts'

/** Cases that a prediction may name. */
const MOST_CASES = 1000

/**
 * Said before anything is replayed, and never a reason to keep or to drop a change: it is compared with what happened, so
 * that people see whose word is worth how much.
 */
export const Prediction = z.strictObject({
  metric: TargetMetric,
  by: z.number().nullable().meta({
    description: "Candidate minus baseline, in the metric's unit; null: it names no figure.",
  }),
  cases: z.array(Name).max(MOST_CASES).nullable().meta({
    description: 'Search cases with another context, decision or verdict; null: it names none.',
  }),
})
export type Prediction = z.infer<typeof Prediction>

/** A prediction beside the search set. Null: not measured there, as of a change that was dropped before its last case. */
export const PredictionResult = z.strictObject({
  by: z.number().nullable().meta({ description: 'What the metric did: candidate minus baseline.' }),
  cases: z.int().min(0).nullable().meta({ description: 'Cases that did change.' }),
  named: z.int().min(0).nullable().meta({ description: 'Of the cases that the prediction names, those that did.' }),
})
export type PredictionResult = z.infer<typeof PredictionResult>
