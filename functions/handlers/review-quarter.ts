/** Looks back on every quarter of the calendar that is over and was missed, in order, once; or until a day that is named. */
import { newestReady } from '#core/cadence/days.ts'
import { type Reviewed, ReviewQuarterInput } from '#schemas/cadence-payloads.ts'
import { quarterNotice } from '../lambda/look-notice.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { quartersToReview, reviewedQuarters, reviewQuarterUntil } from '../steps/cadence/quarterly.ts'

export const reviewQuarterFunction: OpenStep<ReviewQuarterInput, Reviewed, StoreWorld> = {
  name: 'review-quarter',
  input: ReviewQuarterInput,
  about: ({ date }) => ({ date: date ?? 'newest' }),
  outcome: ({ reviewed }) => ({ says: { reviewed: reviewed.join(' ') } }),
  async work({ bands, date, suite }, { store }) {
    const done = await reviewedQuarters(store)
    const due =
      date === null ? quartersToReview(done, newestReady(store.clock.now(), 0)) : done.includes(date) ? [] : [date]
    const quarters = []
    for (const day of due) quarters.push(await reviewQuarterUntil(store, bands, day, suite))
    return { reviewed: due, notice: quarterNotice(quarters) }
  },
}

export const handler = handlerOver(reviewQuarterFunction, () => openStoreWorld(process.env, signed))
