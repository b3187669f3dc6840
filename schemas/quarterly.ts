/** What a quarter of the routine leaves: `cadence/quarterly/DATE.json`, chained to the quarter before. */
import * as z from 'zod'
import { Day, Digest, Id, Name, Ref, Share } from './common.ts'
import { GUARDRAIL_NAMES } from './metrics.ts'

const count = z.int().min(0)

/** What the questions of an intent spent in the year that ends on a day: 5 % a version is not 5 % a year. */
export const YearBudget = z.strictObject({
  versions: count.meta({ description: 'Sealed versions that were asked in these 365 days.' }),
  questions: count,
  spent: z.number().min(0).meta({
    description:
      'Sum of the levels of those questions: no more than this is the chance that any of them certified harm.',
  }),
  undated: count.meta({
    description: 'Questions of which no run is left to say when; they count as asked in the year.',
  }),
})
export type YearBudget = z.infer<typeof YearBudget>

/** How a limit stands with its owner. `lapsed`: signed, and not renewed for a quarter; `unsigned`: nobody signed it. */
export const SIGNATURES = ['renewed', 'lapsed', 'unsigned'] as const

/** A limit of a target, and what it caught in the quarter. */
export const LimitRow = z.strictObject({
  metric: Name.meta({ description: 'Of the target that declares it.' }),
  guardrail: z.enum(GUARDRAIL_NAMES),
  limit: z.string().meta({ description: 'As it was declared last, as JSON.' }),
  runs: count.meta({ description: 'That searched under it.' }),
  caught: count.meta({ description: 'Candidates that it refused on the search side.' }),
  owner: Name.nullable(),
  signed: Day.nullable(),
  signature: z.enum(SIGNATURES),
})
export type LimitRow = z.infer<typeof LimitRow>

/** A generator of which nothing was certified in two quarters while most of what it made was known before. */
export const StaleGenerator = z.strictObject({
  origin: Name.nullable(),
  candidates: count,
  known_before: Share.meta({ description: 'Share of them that were remembered, dominated or inert.' }),
  last_certified: Day.nullable(),
})
export type StaleGenerator = z.infer<typeof StaleGenerator>

/** A recorded case on which two suites differ. */
export const Flip = z.strictObject({
  case_id: Name,
  measure: Name,
  was: z.boolean().nullable(),
  now: z.boolean().nullable(),
})
export type Flip = z.infer<typeof Flip>

/** An old and a new suite on the same recorded runs of the search side. Nothing is replayed. */
export const Rebaseline = z.strictObject({
  from: Ref,
  to: Ref,
  runs: count,
  flipped_runs: count,
  flips: z.array(Flip).meta({ description: 'The first 200, in the order of cases.' }),
  pass_rate: z.strictObject({ was: Share.nullable(), now: Share.nullable() }).meta({
    description: 'Utility over the runs that both suites measure; null: there are none.',
  }),
  retires: z.array(Digest).meta({
    description: 'Versions that were sealed under the old suite: their question is another one now.',
  }),
})
export type Rebaseline = z.infer<typeof Rebaseline>

/** One intent in one quarter. */
export const IntentQuarter = z.strictObject({
  intent: Id,
  year: YearBudget,
  limits: z.array(LimitRow),
  stale: z.array(StaleGenerator),
  rebaseline: Rebaseline.nullable().meta({ description: 'Null: no other suite was put beside the one in use.' }),
})
export type IntentQuarter = z.infer<typeof IntentQuarter>

/** A quarter that was looked at. */
export const QuarterlyCadence = z.strictObject({
  cadence: z.literal('quarterly.v1'),
  date: Day.meta({ description: 'Its last day: nothing that came after it counts.' }),
  prior: Digest.nullable(),
  bands: Digest,
  year_spent: z.number().min(0).meta({ description: 'Over all intents, versions and re-splits.' }),
  year_budget: z.number().nullable().meta({ description: 'As the bands declare it; null: none is declared.' }),
  intents: z.array(IntentQuarter),
})
export type QuarterlyCadence = z.infer<typeof QuarterlyCadence>
