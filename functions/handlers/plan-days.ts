/** Says which days of the routine are to be judged, and which judged ones are looked at again. Writes nothing. */
import { type DaysPlan, PlanDaysInput } from '#schemas/cadence-payloads.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { planDays } from '../steps/cadence/daily.ts'

export const planDaysFunction: OpenStep<PlanDaysInput, DaysPlan, StoreWorld> = {
  name: 'plan-days',
  input: PlanDaysInput,
  about: ({ date }) => ({ date: date ?? 'newest' }),
  outcome: ({ days, late }) => ({ says: { days: days.join(' '), late: late.length } }),
  work: ({ bands, date }, { store }) => planDays(store, bands, date),
}

export const handler = handlerOver(planDaysFunction, openStoreWorld)
