/** Days of the calendar as text, in UTC: the routine counts in whole days. */
import { instantOf, millisecondsOf } from '../instant.ts'

const startOf = (day: string): number => millisecondsOf(`${day}T00:00:00.000Z`)
const DAY = 86_400_000

/** The day so many days after another. */
export const dayAfter = (day: string, days = 1): string => instantOf(startOf(day) + days * DAY).slice(0, 10)

/** Days from one day to another; negative when the second comes first. */
export const daysBetween = (from: string, to: string): number => Math.round((startOf(to) - startOf(from)) / DAY)

/** Day of the week, 0 for Monday: 1970-01-01 was a Thursday. */
export const weekdayOf = (day: string): number => (((startOf(day) / DAY + 3) % 7) + 7) % 7

/** `2026-Q4`. */
export const quarterOf = (day: string): string => `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`

/** The newest day that is over for so many hours. */
export const newestReady = (now: string, hours: number): string =>
  dayAfter(instantOf(millisecondsOf(now) - Math.round(hours * 3_600_000)).slice(0, 10), -1)
