/** Figures that props name, held to what AWS and a question bear. */
import type { Duration } from 'aws-cdk-lib'
import { shown } from '../props.ts'

/** Throws RangeError for what is no whole number of a range. @param prop name, for people */
export function whole(prop: string, value: number, least: number, most: number, unit = ''): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(
      `${prop} is ${shown(value)}; it is a whole number${unit && ` of ${unit}`} from ${least} to ${most}`,
    )
}

/** Days of a lock or a lifecycle that S3 takes: a hundred years. */
export const MOST_DAYS = 36_500

const MILLIS = { millis: 1, seconds: 1000, days: 86_400_000 } as const

/**
 * A time in whole units.
 * @param prop name, for people
 * @param most units; `least` is one unless it is given
 * @throws RangeError for what is no `Duration`, known at deployment alone, no whole number of them, or out of its range
 */
export function wholeTime(prop: string, time: Duration, unit: keyof typeof MILLIS, most: number, least = 1): number {
  const wanted = `it is a Duration of whole ${unit}, from ${least} to ${most}: Duration.${unit}(${least})`
  if (typeof time?.isUnresolved !== 'function') throw new RangeError(`${prop} is ${shown(time)}; ${wanted}`)
  if (time.isUnresolved()) throw new RangeError(`${prop} is known at deployment alone; ${wanted}`)
  const units = time.toMilliseconds() / MILLIS[unit]
  if (!Number.isSafeInteger(units) || units < least || units > most)
    throw new RangeError(`${prop} is ${time.toHumanString()}; ${wanted}`)
  return units
}
