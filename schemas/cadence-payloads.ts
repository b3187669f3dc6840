/** What the functions of the routine hand to each other, in `zod/mini` as the others. */
import * as z from 'zod/mini'
import type { Bands, IntentBands } from './bands.ts'
import { Digest, Id } from './payloads.ts'
import type { TuningTarget } from './target.ts'
import type { Refresh } from './weekly.ts'

/** A day of the calendar in UTC, as the full contracts have it checked. */
const DayText = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/))

/** As they were checked where they were written: at the command line, or at synthesis. */
const CheckedBands = z.custom<Bands>((value) => typeof value === 'object' && value !== null)
const CheckedIntent = z.custom<IntentBands>((value) => typeof value === 'object' && value !== null)

/** `date`: the last day to judge; null: the newest that is ready. */
export const PlanDaysInput = z.strictObject({ bands: CheckedBands, date: z.nullable(DayText) })
export type PlanDaysInput = z.infer<typeof PlanDaysInput>

/**
 * Days that are judged in one go, oldest first, and judged ones that are looked at again for runs that came late. `prior`: the
 * judged day before them, `first`: the first that ever was; null: none was. `more`: other days are ready after these.
 */
export const DaysPlan = z.strictObject({
  days: z.array(DayText),
  late: z.array(DayText),
  prior: z.nullable(DayText),
  first: z.nullable(DayText),
  more: z.boolean(),
  /** Of the bands: what was said until then counts. */
  ready_after_hours: z.optional(z.number()),
})
export type DaysPlan = z.infer<typeof DaysPlan>

/**
 * What a step of the deployed routine is handed holds 256 KiB. `digests`: of rows, over all intents and days of one plan, each 90
 * bytes with its day; `bytes`: of the bands with their targets.
 */
export const MOST_HANDED = { digests: 1300, bytes: 120_000 } as const

/** An intent of whose production logs the sealer says which hold no sealed run. */
export const ClearLogsInput = z.strictObject({ intent: Id })
export type ClearLogsInput = z.infer<typeof ClearLogsInput>

/** An intent, the days that are wanted of it, and the rollouts whose logs hold no sealed run. */
export const SliceIntentInput = z.strictObject({ of: CheckedIntent, plan: DaysPlan, cleared: z.array(Id) })
export type SliceIntentInput = z.infer<typeof SliceIntentInput>

/** Digest of the rows of each day, which are kept; null: there are none. */
const RowsByDay = z.record(DayText, z.nullable(Digest))

/** Rows of an intent: of the days to judge, and of those late ones alone whose runs are not what they were. */
export const IntentSlices = z.strictObject({ intent: Id, days: RowsByDay, late: RowsByDay })
export type IntentSlices = z.infer<typeof IntentSlices>

/** A plan with the rows of every intent; no slices: nothing is to be judged. */
export const JudgeDaysInput = z.strictObject({
  bands: CheckedBands,
  plan: DaysPlan,
  slices: z.array(IntentSlices),
})
export type JudgeDaysInput = z.infer<typeof JudgeDaysInput>

/** What the days came to. */
export interface JudgedDays {
  readonly judged: readonly string[]
  /** Runs that were queued and did not end yet, each with the name of its execution: the same run is started once. */
  readonly runs: readonly { readonly run_id: string; readonly name: string; readonly target: TuningTarget }[]
  /** What people are told; null: no band was broken on these days. */
  readonly notice: { readonly subject: string; readonly message: string } | null
}

/** Intents of which the sealer says what there is to seal anew. */
export const RefreshInput = z.strictObject({ intents: z.array(Id) })
export type RefreshInput = z.infer<typeof RefreshInput>

/** What there is to seal, by intent: counts alone leave the sealed side. */
const Refreshed = z.array(
  z.strictObject({ intent: Id, refresh: z.custom<Refresh>((value) => typeof value === 'object') }),
)
/** What is counted of an intent's sealed side and put aside for its week. */
export type Refreshed = z.infer<typeof Refreshed>

/** `date`: the last day of the week; null: the last that is over, where a week is. */
export const ReviewWeekInput = z.strictObject({
  bands: CheckedBands,
  date: z.nullable(DayText),
  refreshed: Refreshed,
})
export type ReviewWeekInput = z.infer<typeof ReviewWeekInput>

/** `date`: the last day; null: every quarter of the calendar that is over and was missed. `suite`: put beside the one in use. */
export const ReviewQuarterInput = z.strictObject({
  bands: CheckedBands,
  date: z.nullable(DayText),
  suite: z.nullable(z.string()),
})
export type ReviewQuarterInput = z.infer<typeof ReviewQuarterInput>

/** Last days of what was looked at now, and what people are told; null: nothing is there for them to do. */
export interface Reviewed {
  readonly reviewed: readonly string[]
  readonly notice: { readonly subject: string; readonly message: string } | null
}

/** An intent that is split anew, and who asks for it. */
export const ResplitInput = z.strictObject({ intent: Id, by: z.string().check(z.minLength(1), z.maxLength(300)) })
export type ResplitInput = z.infer<typeof ResplitInput>

/** What a re-split came to. */
export interface ResplitDone {
  readonly intent: string
  readonly date: string
  readonly epoch: number
}
