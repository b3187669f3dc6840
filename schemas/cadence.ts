/** What a judged day of the routine leaves: `cadence/daily/DATE.json`, chained to the day before. */
import * as z from 'zod'
import { Day, Digest, Id, Name } from './common.ts'
import { BandMetricOrOwn } from './own-metric.ts'
import { Measures } from './suite.ts'

const count = z.int().min(0)

/**
 * One run of a slice. A recorded one: what it measured under the suite, on its own recorded context. One of a production log: what
 * the log says it measured. Null: not measured. Days of version 1 have rows of recorded runs alone, without what was said later.
 */
export const SliceRow = z.strictObject({
  run_id: Name,
  family: Name.meta({ description: 'Hash of the family.' }),
  measures: Measures,
  corrections: z.strictObject({ outcome: count, label_disputed: count, note: count }),
  later: z.enum(['outcome', 'label_disputed']).optional().meta({
    description: 'Last word about its label that was said after it was stored, by the time of the slice. Absent: none.',
  }),
  production: z
    .strictObject({ rollout_id: Id, operator_corrected: z.boolean().nullable() })
    .optional()
    .meta({ description: 'Of a production run of the arm that was in force. Absent: a recorded run.' }),
})
export type SliceRow = z.infer<typeof SliceRow>

/**
 * The runs of an intent of one day. `rows`: digest of its rows, which lie beside the day; null: there were none. `missing`:
 * families of which a measure is not known, by metric.
 */
export const Slice = z.strictObject({
  rows: Digest.nullable(),
  runs: count,
  families: count,
  corrected: count.meta({ description: 'Runs that an operator corrected.' }),
  disputed: count.meta({ description: 'Runs whose label an operator disputed.' }),
  missing: z.record(Name, count),
  production: count.optional().meta({ description: 'Of the runs, those of production logs. Absent: none.' }),
  corrected_later: count.optional().meta({
    description: 'Of the corrected and disputed ones, those of which it was said after they were stored. Absent: none.',
  }),
})
export type Slice = z.infer<typeof Slice>

/**
 * How a series stands after a day. `learning` never alarms: it is not there. `moved`: its evidence reached the threshold, and
 * no run was queued for it since. `not_measured`: too many families lack the measure, so that the day says nothing.
 */
export const SERIES_STATES = ['in_band', 'moved', 'not_measured', 'no_runs'] as const

/** One edge of one metric on one day. */
export const SeriesDay = z.strictObject({
  metric: BandMetricOrOwn,
  side: z.enum(['below', 'above']),
  edge: z.number().meta({ description: 'In force that day, in the unit of the metric; of a quantile a share.' }),
  declared: z.boolean().meta({ description: 'False: learned from a period, so that no false-alarm rate is promised.' }),
  state: z.enum(SERIES_STATES),
  families: count,
  mean: z.number().nullable().meta({ description: 'Mean over families, cut at the range; null: nothing measured.' }),
  ewma: z.number().nullable().meta({ description: 'For the eye: .2 of the day and .8 of those before.' }),
  evidence: z
    .number()
    .meta({ description: 'What the bets against this edge have gathered; an alarm at the threshold.' }),
  moved_since: Day.nullable(),
  detector: z.array(z.number()).meta({ description: 'ln(1 + R) of each bet, for the next day.' }),
  pinned: Digest.meta({ description: 'Metric, edges, range and limit: where they change, the detector begins anew.' }),
})
export type SeriesDay = z.infer<typeof SeriesDay>

/** Why a band that broke starts no run. */
export const NOT_QUEUED = [
  'no_target',
  'cooldown',
  'open_run',
  'open_review',
  'approved_review',
  'rollout',
  'quarter_spent',
  'year_spent',
  'nothing_sealed',
  'another_first',
] as const

/** A band that is broken, and what is done about it. */
export const QueueEntry = z.strictObject({
  metric: BandMetricOrOwn,
  side: z.enum(['below', 'above']),
  run_id: Id.nullable().meta({ description: 'The run that it starts; null: none, and why.' }),
  why: z.enum(NOT_QUEUED).nullable(),
  says: z.string(),
})
export type QueueEntry = z.infer<typeof QueueEntry>

/** What stood on an intent when its day was judged: what the queue was decided by. */
export const IntentFacts = z.strictObject({
  open: z.array(z.strictObject({ kind: z.enum(['open_run', 'open_review', 'approved_review', 'rollout']), id: Name })),
  in_force: Name.nullable().meta({
    description:
      'Tuple in force; null: none was ever released. Where it changes, every detector of the intent begins anew.',
  }),
  last_queued: Day.nullable(),
  queued_this_quarter: count,
  year: z.strictObject({ spent: z.number(), next: z.number(), budget: z.number() }).nullable().meta({
    description:
      'Levels of all questions of 365 days over every intent of the bands, what the next one adds at most, and what is declared; null: no budget is.',
  }),
  sealed: z.strictObject({ questions_left: count, families_waiting: count.nullable() }).meta({
    description:
      'Questions left to versions of the intent, and held-out families that no version holds yet; null: not counted, since questions are left or the vault may not be listed.',
  }),
})
export type IntentFacts = z.infer<typeof IntentFacts>

/** One intent on one day. */
export const IntentDay = z.strictObject({
  intent: Id,
  slice: Slice,
  series: z.array(SeriesDay),
  facts: IntentFacts,
  queue: z.array(QueueEntry),
})
export type IntentDay = z.infer<typeof IntentDay>

/** A day that was judged before, with the runs that came late; the old verdict stands. */
export const RevisedSlice = z.strictObject({
  date: Day,
  intent: Id,
  was: Slice,
  now: Slice,
  series: z.array(
    z.strictObject({
      metric: BandMetricOrOwn,
      side: z.enum(['below', 'above']),
      mean: z.strictObject({ was: z.number().nullable(), now: z.number().nullable() }),
      state: z.strictObject({ was: z.enum(SERIES_STATES), now: z.enum(SERIES_STATES) }),
    }),
  ),
})
export type RevisedSlice = z.infer<typeof RevisedSlice>

/** A judged day. */
export const DailyCadence = z.strictObject({
  cadence: z
    .enum(['daily.v1', 'daily.v2'])
    .meta({ description: 'daily.v1: of recorded runs alone, without production rows and later corrections.' }),
  date: Day,
  prior: Digest.nullable().meta({ description: 'Of the day that was judged before this one; null: the first.' }),
  bands: Digest.meta({ description: 'Of the bands that it was judged by, with their targets.' }),
  threshold: z.number(),
  series: count.meta({ description: 'Edges that were watched: the false alarms are promised over all of them.' }),
  intents: z.array(IntentDay),
  revised: z.array(RevisedSlice),
})
export type DailyCadence = z.infer<typeof DailyCadence>
