/** The time of day at which the routine looks, and how people write it: `06:30 Europe/Berlin`. */
import { TimeZone } from 'aws-cdk-lib'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { shown } from './props.ts'

/** A time on the clock of a place. */
export interface DailyTime {
  /** 0 to 23. */
  readonly hour: number
  /** 0 to 59. */
  readonly minute: number
  /** As the IANA database names it, e.g. `Europe/Berlin` or `Etc/UTC`. */
  readonly zone: string
}

/** Minutes after a day is ready: whoever imports at the full hour has a little time. */
const AFTER_READY = 15

/** Shortly after a day is ready, so many hours after its end. */
export function readyTime(readyAfterHours: number): DailyTime {
  const minutes = (Math.ceil(readyAfterHours * 60) + AFTER_READY) % (24 * 60)
  return { hour: Math.floor(minutes / 60), minute: minutes % 60, zone: 'Etc/UTC' }
}

/** A time as it is written; null: it is none. The zone may be left out, and is UTC then. */
export function dailyTimeOf(text: string): DailyTime | null {
  const [, hour, minute, zone = 'Etc/UTC'] = /^([01]\d|2[0-3]):([0-5]\d)(?: (\S+))?$/.exec(text) ?? []
  if (hour === undefined || minute === undefined || !isZone(zone)) return null
  return { hour: Number(hour), minute: Number(minute), zone }
}

/** Throws RangeError for a time that is none, as the prop of this name. */
export function needTime(prop: string, time: DailyTime | undefined): void {
  if (time === undefined) return
  const two = (n: number) => String(n).padStart(2, '0')
  if (dailyTimeOf(`${two(time?.hour)}:${two(time?.minute)} ${time?.zone}`) === null)
    throw new RangeError(`${prop} is ${shown(time)}; it is { hour: 0 to 23, minute: 0 to 59, zone: 'Europe/Berlin' }`)
}

/** Is it a zone to a schedule? Names are spelled as the IANA database spells them. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    // Offsets such as +02:00 are zones to a clock, and none to a schedule.
    return /^[A-Z]/.test(name)
  } catch {
    return false
  }
}

/** Every day at that time, or on some days alone: Scheduler keeps to the clock of the place, summer time included. */
export const dailyCron = (
  { hour, minute, zone }: DailyTime,
  on: { readonly weekDay?: string; readonly day?: string; readonly month?: string } = {},
): ScheduleExpression =>
  ScheduleExpression.cron({ hour: String(hour), minute: String(minute), ...on, timeZone: TimeZone.of(zone) })
