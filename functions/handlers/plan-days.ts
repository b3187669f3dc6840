/** Says which days of the routine are to be judged, and which judged ones are looked at again. Writes nothing. */
import type { Bands } from '#schemas/bands.ts'
import { type DaysPlan, MOST_HANDED, PlanDaysInput } from '#schemas/cadence-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { planDays } from '../steps/cadence/daily.ts'

export const planDaysFunction: OpenStep<PlanDaysInput, DaysPlan, StoreWorld> = {
  name: 'plan-days',
  input: PlanDaysInput,
  about: ({ date }) => ({ date: date ?? 'newest' }),
  outcome: ({ days, late }) => ({ says: { days: days.join(' '), late: late.length } }),
  work: ({ bands, date }, { store }) => planDays(store, bands, date, daysAtOnce(bands)),
}

/** Days of one round: more are not measured within the time of a call, or do not fit into what its steps hand on. */
const daysAtOnce = ({ intents, revised_for_days }: Bands): number =>
  Math.min(MOST_DAYS, Math.max(1, Math.floor(MOST_HANDED.digests / intents.length) - revised_for_days))

const MOST_DAYS = 31

export const handler = handlerOver(planDaysFunction, openStoreWorld)
