/** Numbers and texts as a reviewer reads them. A missing number reads "not measured", never 0. */
import type { SettingValue } from '#schemas/common.ts'
import { isOwnMetric, type MetricName, metricOf, spaced } from '#schemas/metrics.ts'

/** Characters that change how text looks without being seen: direction marks, zero-width and format characters. */
const INVISIBLE = /[\p{Cf}\p{Co}\u115f\u1160\u2028\u2029\u3164]|[^\P{Cc}\n\t]/gu

/** Text with every invisible character written out, so that a diff cannot hide or reverse what it changes. */
export const visible = (text: string): string =>
  text.toWellFormed().replace(INVISIBLE, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)

/** A number with at most four significant digits and its sign kept short. */
export const number = (value: number): string => {
  const digits = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)))
  return digits.replace('-', '−')
}

/** A difference: always with its sign. */
export const signed = (value: number): string => `${value > 0 ? '+' : ''}${number(value)}`

/** Keeps a number and its unit on one line. */
const NARROW = '\u00a0'

/** A share as per cent. */
export const percent = (share: number, digits = 3): string =>
  `${number(Number((share * 100).toPrecision(digits)))}${NARROW}%`

/** A difference of shares as per cent: always with its sign. */
export const signedPercent = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`

/** A p-value, rounded up where it is tiny: never 0. */
export const pValue = (p: number): string =>
  p === 0 ? '< 1e−300' : p < 0.001 ? p.toExponential(0).replace('-', '−') : number(Number(p.toPrecision(2)))

/** A metric in words. */
export const metricName = (metric: MetricName): string =>
  spaced(isOwnMetric(metric) ? metric : metric.replace(/^economics_/, '').replace(/_ms$/, ''))

/** A difference of a metric with its unit; utility and shares in points. */
export function metricChange(metric: MetricName, value: number | null): string {
  if (value === null) return 'not measured'
  const { unit } = metricOf(metric)
  return unit === 'score' || unit === 'share'
    ? `${signed(Number((value * 100).toPrecision(3)))}${NARROW}points`
    : `${signed(value)}${NARROW}${unit}`
}

/** A value of a metric with its unit. */
export function metricValue(metric: MetricName, value: number | null): string {
  if (value === null) return 'not measured'
  const { unit } = metricOf(metric)
  return unit === 'share' ? percent(value) : `${number(value)}${NARROW}${unit}`
}

/** A setting's value as JSON: a number is told from the text of a number. */
export const setting = (value: SettingValue): string =>
  visible(typeof value === 'string' ? value : JSON.stringify(value))

/** `2026-05-19T09:00:00.000Z` as "19 May 2026, 09:00 UTC". */
export function moment(instant: string): string {
  const [, year, month, day, time] = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})/.exec(instant) ?? []
  return time === undefined ? visible(instant) : `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} UTC`
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** `1 field`, `2 fields`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`
