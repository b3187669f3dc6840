/** One stage of a rollout as it is declared: who gets the candidate, how long it lasts, and what its gate lets through. */
import * as z from 'zod'
import { Name, Share } from './common.ts'
import { MOST } from './measures.ts'
import { OwnMetricName } from './own-metric.ts'

const bucketShare = Share.refine(
  (share) => Math.abs(share * 10_000 - Math.round(share * 10_000)) < 1e-9,
  'a share has at most four decimals: subjects fall into 10,000 buckets',
)

/** One condition on a subject's attributes: its value is among `in`. An attribute that is absent never matches. */
const CohortCondition = z.strictObject({
  attribute: Name,
  in: z.array(z.union([z.string().max(300), z.number(), z.boolean()])).min(1),
})

/**
 * Who gets the candidate in a stage, beside everyone of the stages before it. Shares are 0..1 with at most four
 * decimals, since subjects fall into 10,000 buckets.
 */
export const StageCohort = z.strictObject({
  share: bucketShare.meta({ description: 'Of the subjects that match `where`.' }),
  shadow_share: bucketShare.meta({
    description: 'Of them, whose runs are also executed, without effect, on the other arm.',
  }),
  where: z.array(CohortCondition).min(1).nullable().meta({ description: 'All must hold; null: every subject.' }),
})
export type StageCohort = z.infer<typeof StageCohort>

/** The most that each limit of a configuration may be, by what it limits. */
export type Limits = Readonly<Record<'ms' | 'cents' | 'gain' | 'share', number>>
/** Those of what is declared now. */
export const LIMITS: Limits = { ms: MOST.ms, cents: MOST.cents, gain: MOST.tokens, share: 1 }
/** Versions before 0.2.0 had none: what they took is still read, and is refused where it is declared anew. */
export const NO_LIMITS: Limits = { ms: Infinity, cents: Infinity, gain: Infinity, share: Infinity }

/** A number from 0 to its limit. */
export const upTo = (most: number) => {
  const limit = z.number().min(0)
  return Number.isFinite(most) ? limit.max(most, `is at most ${most}: above that nothing would be limited`) : limit
}

/** A gate under these limits. */
export const stageGate = ({ share, cents }: Limits) =>
  z.strictObject({
    utility: upTo(share).nullable().meta({ description: 'Drop of the mean score.' }),
    slow_share: upTo(share).nullable().meta({ description: 'Rise of the share of slow runs.' }),
    economics_cents: upTo(cents).nullable().meta({ description: 'Rise of mean cents a run.' }),
    corrected_share: upTo(share).nullable().meta({ description: 'Rise of the share corrected by an operator.' }),
    escalated_share: upTo(share).nullable().meta({ description: 'Rise of the share handed to a person.' }),
    own_score: upTo(share).nullable().optional().meta({
      description: 'By how much the mean of `own_score` may be worse. Declared where that is, and only there.',
    }),
    own_scores: z.record(OwnMetricName, upTo(share).nullable()).optional().meta({
      description: 'The same by name, of each of `own_scores`.',
    }),
  })

/**
 * How much worse the candidate may be observed, by measure: scores and shares as parts of 1, cost in cents. Observed
 * numbers without inference, so a gate never rolls back. `null`: this measure does not gate, on purpose.
 */
export const StageGate = stageGate(LIMITS)
export type StageGate = z.infer<typeof StageGate>

/** Hours, at most a year of them. */
export const hours = z
  .number()
  .min(0)
  .max(24 * 365)

/** A stage under these limits. */
export const stageConfig = (limits: Limits) =>
  z
    .strictObject({
      dwell_hours: hours.meta({ description: 'Least time in the stage.' }),
      deadline_hours: hours.meta({ description: 'After this the stage waits for a person, whatever the data says.' }),
      min_runs: z.int().min(1).meta({ description: 'Runs of distinct subjects, in each arm.' }),
      cohort: StageCohort,
      gate: stageGate(limits),
    })
    .refine((s) => s.deadline_hours > s.dwell_hours, { path: ['deadline_hours'], message: 'must be above dwell_hours' })

/**
 * One stage. Everything is declared: upstream states no numbers, and a hidden default would be a policy nobody signed.
 * Hours are 0 to 8,760. Refused: a deadline that is not after the dwell time.
 */
export const StageConfig = stageConfig(LIMITS)
export type StageConfig = z.infer<typeof StageConfig>
