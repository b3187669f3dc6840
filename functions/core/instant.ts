/** Moments as numbers and back, without the global clock type: the core may reckon with time, not read it. */
import { requireWithin } from './statistics/range.ts'

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/
const DAY = 86_400_000

/** Days from 1970-01-01 to a day of the Gregorian calendar, and the month lengths behind it (Hinnant's civil algorithm). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function civilFromDays(days: number): readonly [year: number, month: number, day: number] {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1]
}

/**
 * Milliseconds since 1970 of a moment `YYYY-MM-DDTHH:MM:SS.mmmZ`.
 * @throws RangeError on another form, or a day or time of day that does not exist
 */
export function millisecondsOf(instant: string): number {
  const match = FORM.exec(instant)
  if (!match) throw new RangeError(`a moment is YYYY-MM-DDTHH:MM:SS.mmmZ, got ${instant}`)
  const [year, month, day, hour, minute, second, milli] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const value = daysFromCivil(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milli
  if (instantOf(value) !== instant) throw new RangeError(`no such moment: ${instant}`)
  return value
}

/** Milliseconds of the first and the last moment that has this form. */
const FIRST = -62_167_219_200_000
const LAST = 253_402_300_799_999

/**
 * The moment of a number of milliseconds since 1970; inverse of `millisecondsOf` for years 0000-9999.
 * @throws RangeError for any other, and for NaN: its text would stand after every moment that there is
 */
export function instantOf(milliseconds: number): string {
  requireWithin('milliseconds', milliseconds, '[]', FIRST, LAST)
  const days = Math.floor(milliseconds / DAY)
  const [year, month, day] = civilFromDays(days)
  const rest = milliseconds - days * DAY
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
  const time = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1000) % 60]
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${time.map((t) => pad(t)).join(':')}.${pad(rest % 1000, 3)}Z`
}

/**
 * The moment so many hours after another, to the millisecond.
 * @throws RangeError
 */
export const instantAfter = (instant: string, hours: number): string =>
  instantOf(millisecondsOf(instant) + Math.round(hours * 3_600_000))

/** Hours from one moment to another; negative when the second comes first. */
export const hoursBetween = (from: string, to: string): number =>
  (millisecondsOf(to) - millisecondsOf(from)) / 3_600_000
