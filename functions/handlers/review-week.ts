/** Looks back on the week that is over, once, with what the sealer counted of the sealed side. */
import { type Reviewed, ReviewWeekInput } from '#schemas/cadence-payloads.ts'
import { weekNotice } from '../lambda/look-notice.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { reviewedWeeks, reviewWeekUntil, weekToReview } from '../steps/cadence/weekly.ts'

export const reviewWeekFunction: OpenStep<ReviewWeekInput, Reviewed, StoreWorld> = {
  name: 'review-week',
  input: ReviewWeekInput,
  about: ({ date }) => ({ date: date ?? 'newest' }),
  outcome: ({ reviewed }) => ({ says: { reviewed: reviewed.join(' ') } }),
  async work({ bands, date, refreshed }, { store }) {
    const due = weekToReview(await reviewedWeeks(store), store.clock.now(), date)
    if (due === null) return { reviewed: [], notice: null }
    const week = await reviewWeekUntil(
      store,
      bands,
      due,
      async (intent) => refreshed.find((of) => of.intent === intent)!.refresh,
    )
    return { reviewed: [due], notice: weekNotice(week) }
  },
}

export const handler = handlerOver(reviewWeekFunction, () => openStoreWorld(process.env, signed))
