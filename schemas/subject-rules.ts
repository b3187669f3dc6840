/** What a rollout declares about its subjects: when one is tested, on how many of its runs, and what a floor and a cost tolerate. */
import * as z from 'zod'
import { Share } from './common.ts'

const hours = (most: number) => z.number().max(most)

/** How a subject's runs become one test: both arms at the same age, every subject once in a stage. */
export const SubjectRules = z.strictObject({
  window_hours: hours(24 * 90)
    .gt(0)
    .meta({
      description: 'From the first run of a subject in a stage: its runs that start within them count together.',
    }),
  outcome_hours: hours(24 * 365)
    .min(0)
    .meta({
      description: 'After its window, for outcomes to come in. Then the subject is tested, with what is known of it.',
    }),
  max_runs: z.int().min(1).max(1000).meta({ description: 'Of one subject that count, the first ones of its window.' }),
  max_crossed_share: Share.meta({
    description: 'Of compared subjects whose recorded arm is not the one that routing gives them; above it: pause.',
  }),
})
export type SubjectRules = z.infer<typeof SubjectRules>

const count = z
  .int()
  .min(0)
  .meta({ description: 'Runs of the candidate that may violate in the whole rollout: one more, and it goes back.' })
const rise = z.number().min(0).lt(1).meta({
  description: 'Tolerated rise of the true share of violating runs over the baseline arm, tested sequentially.',
})

/** What a floor tolerates: a count of runs, whatever the baseline does; a rise over the baseline; or each beside the other. */
export const FloorLimit = z
  .strictObject({ max_violations: count.optional(), max_rise: rise.optional() })
  .refine(({ max_violations, max_rise }) => max_violations !== undefined || max_rise !== undefined, {
    path: ['max_violations'],
    message: 'is missing: declare a count of runs here, or max_rise over the baseline, or both',
  })
export type FloorLimit = z.infer<typeof FloorLimit>
