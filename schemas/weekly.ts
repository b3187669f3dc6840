/** What a week of the routine leaves: `cadence/weekly/DATE.json`, chained to the week before. */
import * as z from 'zod'
import { Fate } from './candidate.ts'
import { Day, Digest, Id, Name, Ref } from './common.ts'
import { Instant } from './review.ts'
import { PERIODS } from './stages.ts'
import { TargetMetric } from './target.ts'

const count = z.int().min(0)

/** Days for which a release must stand to count as kept. */
export const KEPT_DAYS = 30

/** Steps of the adoption funnel, in their order. */
export const FUNNEL_STEPS = ['proposed', 'certified', 'approved', 'released', 'kept'] as const
/** One of `FUNNEL_STEPS`. */
export type FunnelStep = (typeof FUNNEL_STEPS)[number]

/**
 * Where a proposal stands at the end of the week. Behind `proposed`: the sealed set said no, cannot answer, or its ledger
 * refused. Behind `certified`: its review is not opened, open, rejected or expired. Behind `approved`: no rollout was started, it is
 * under way, or it ended before its release. Behind `released`: it went back, was replaced or stands for less than 30 days.
 */
export const STANDINGS = [
  'not_certified',
  'inconclusive',
  'refused',
  'no_review',
  'in_review',
  'rejected',
  'expired',
  'waits_for_rollout',
  'in_rollout',
  'rolled_back',
  'stopped',
  'superseded',
  'retired',
  'in_thirty_days',
  'kept',
] as const
/** One of `STANDINGS`. */
export type ProposalStanding = (typeof STANDINGS)[number]

/** What production measured of a released change beside what its held-out set promised; above 0 is better everywhere. */
export const MeasuredGain = z.strictObject({
  metric: TargetMetric,
  predicted: z.number().nullable().meta({ description: 'Of the held-out set; null: nothing was measured there.' }),
  said: z.strictObject({ by: z.number(), origin: Name }).optional().meta({
    description: 'Of its proposer, before anything was replayed. Absent: none said a figure of this metric.',
  }),
  measured: z.number().nullable().meta({ description: 'Of the latest period with both arms; null: there is none.' }),
  period: z.enum(PERIODS).nullable(),
  log_runs: count.meta({ description: 'Production runs that were read, from the first of the log on.' }),
})
export type MeasuredGain = z.infer<typeof MeasuredGain>

/** One run that proposed something, and how far that came by the end of the week. */
export const FunnelEntry = z.strictObject({
  run_id: Id,
  at: z
    .strictObject(
      Object.fromEntries(FUNNEL_STEPS.map((step) => [step, Instant.nullable()])) as {
        [S in FunnelStep]: z.ZodNullable<typeof Instant>
      },
    )
    .meta({ description: 'When it came to each step; null: it did not.' }),
  stands: z.enum(STANDINGS),
  says: z.string().meta({ description: 'Why it goes no further, for people.' }),
  gain: MeasuredGain.nullable().meta({ description: 'Null: it was never released.' }),
})
export type FunnelEntry = z.infer<typeof FunnelEntry>

/** Proposals of an intent from the first on record to the end of the week. */
export const Funnel = z.strictObject({
  steps: z.array(
    z.strictObject({
      step: z.enum(FUNNEL_STEPS),
      proposals: count,
      this_week: count,
      median_days: z
        .number()
        .nullable()
        .meta({ description: 'From the step before, over those that came here; null: none did, or the first step.' }),
    }),
  ),
  stands: z.partialRecord(z.enum(STANDINGS), count),
  reached_review: count,
  entries: z.array(FunnelEntry),
  not_certified_by_replay: z
    .strictObject({
      proposed: count,
      approved: count,
      released: count,
      kept: count,
      entries: z
        .array(FunnelEntry)
        .meta({ description: 'By proposal in place of run; none has a gain that was promised.' }),
    })
    .optional()
    .meta({
      description: 'Of other producers, for parts that replay cannot judge: counted in nothing else. Absent: none.',
    }),
})
export type Funnel = z.infer<typeof Funnel>

const fates = z.partialRecord(Fate, count)

/** What came of the candidates of one generator in the last 91 days. */
export const OriginRow = z.strictObject({
  origin: Name.nullable().meta({ description: 'Null: made before candidates said where they come from.' }),
  runs: count,
  candidates: count,
  fates,
  last_certified: Day.nullable().meta({ description: 'Null: none in these days.' }),
})
export type OriginRow = z.infer<typeof OriginRow>

/**
 * Why a surface is to be retired. The first three need runs in both of the last two quarters: `no_certified_change`, though
 * questions could be asked; `all_refused` by guardrails, or as remembered ones; `inert`, alone it changed no context. `rejected`:
 * certified, and rejected by reviewers as often as `retire_after_rejections` of the bands says.
 */
export const RETIRE_REASONS = ['no_certified_change', 'all_refused', 'inert', 'rejected'] as const

/** A surface that brings nothing, to take out of the pack by a proposal that people decide on. */
export const SurfaceToRetire = z.strictObject({
  path: Name,
  pack: Ref.meta({ description: 'Of the latest run of the intent.' }),
  reasons: z.array(z.strictObject({ why: z.enum(RETIRE_REASONS), says: z.string() })).min(1),
  runs: count.meta({ description: 'That tried it in the last two quarters.' }),
  fates,
})
export type SurfaceToRetire = z.infer<typeof SurfaceToRetire>

/** A family of the search side that a person looked into: it may never be sealed, however families are split later. */
export const OpenedFamily = z.strictObject({
  intent: Id,
  family: Name.meta({ description: 'Hash of the family.' }),
  by: Name,
  day: Day,
})
export type OpenedFamily = z.infer<typeof OpenedFamily>

/**
 * What is there to seal anew. Families join a version only from days after the last question to any version of the intent: those
 * recorded before could have been seen in what that question left. Counts are as they stood when the week was looked at.
 */
export const Refresh = z.strictObject({
  questions_left: count,
  last_question: Day.nullable(),
  waiting: count
    .nullable()
    .meta({ description: 'Held-out families in no version that was asked; null: the vault may not be listed.' }),
  fresh: count.nullable().meta({ description: 'Of them, those recorded only after the last question.' }),
  burnt: count.meta({ description: 'Search families that a person opened: they may never be sealed.' }),
  burnt_held_out: z.array(Name).optional().meta({
    description:
      'Hashes of those that a later split holds out all the same: neither waiting nor ever sealed. Absent: none.',
  }),
})
export type Refresh = z.infer<typeof Refresh>

/** Scars of an intent at the end of a week. */
export const ScarsOfWeek = z.strictObject({
  scars: count,
  this_week: count,
  list: Digest.nullable().meta({ description: 'Of all of them, in the order of their cases; null: there are none.' }),
})
export type ScarsOfWeek = z.infer<typeof ScarsOfWeek>

/** One intent in one week. */
export const IntentWeek = z.strictObject({
  intent: Id,
  runs: z.strictObject({
    ended: count,
    this_week: count,
    without_proposal: count.meta({ description: 'Nothing survived their search, or their contract was refused.' }),
  }),
  funnel: Funnel,
  origins: z.array(OriginRow),
  surfaces: count.meta({ description: 'Of the pack of its latest run, open to the intent.' }),
  retire: z.array(SurfaceToRetire),
  refresh: Refresh,
  scars: ScarsOfWeek,
})
export type IntentWeek = z.infer<typeof IntentWeek>

/** A week that was looked at. */
export const WeeklyCadence = z.strictObject({
  cadence: z.literal('weekly.v1'),
  from: Day.meta({ description: 'The day after the week before; of the first one six days before its date.' }),
  date: Day.meta({ description: 'Its last day: nothing that came after it counts.' }),
  prior: Digest.nullable().meta({ description: 'Of the week that was looked at before this one; null: the first.' }),
  bands: Digest,
  intents: z.array(IntentWeek),
})
export type WeeklyCadence = z.infer<typeof WeeklyCadence>
