/** Schedules as EventBridge Scheduler reads them: CDK takes any text, and a deployment fails over it, or nothing ever starts. */
import { Token } from 'aws-cdk-lib'
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { isZone } from './daily-time.ts'
import { type Check, shown } from './props.ts'

/** A field of cron: its range, names for its numbers from the first on, and what else it may be. */
type Field = readonly [name: string, least: number, most: number, names: string, other?: RegExp]

const FIELDS: readonly Field[] = [
  ['minutes', 0, 59, ''],
  ['hours', 0, 23, ''],
  ['day of the month', 1, 31, '', /^(\?|L(-\d+)?|LW|\d+W)$/],
  ['month', 1, 12, 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'],
  ['day of the week', 1, 7, 'SUN MON TUE WED THU FRI SAT', /^(\?|[1-7]?L|([1-7]|[A-Z]{3})#[1-5])$/],
  ['year', 1970, 2199, ''],
]

/** A schedule at which something starts. */
export const A_SCHEDULE: Check = (prop, value) => {
  const { expressionString: text, timeZone } = Object(value) as Partial<ScheduleExpression>
  if (typeof text !== 'string')
    throw new RangeError(
      `${prop} is ${shown(value)}; it is a ScheduleExpression: ScheduleExpression.cron({ hour: '6', timeZone: TimeZone.EUROPE_BERLIN })`,
    )
  const problem = Token.isUnresolved(text) ? null : problemOf(text)
  if (problem !== null) throw new RangeError(`${prop} is ${JSON.stringify(text)}; ${problem}`)
  const zone = timeZone?.timezoneName
  if (zone !== undefined && !Token.isUnresolved(zone) && !isZone(zone))
    throw new RangeError(
      `${prop} is on the clock of ${JSON.stringify(zone)}, which is no time zone: Europe/Berlin is one`,
    )
}

/** What a schedule says, to compare it with another one. */
export const saidBy = ({ expressionString, timeZone }: ScheduleExpression): string =>
  `${expressionString} ${timeZone?.timezoneName}`

/** Is it a single time that is over everywhere? No error: what was deployed once is synthesized again. */
export function isOver({ expressionString }: ScheduleExpression, now: number): boolean {
  const [, time] = /^at\((.*)\)$/.exec(expressionString) ?? []
  return time !== undefined && Date.parse(`${time}Z`) < now - 86_400_000
}

function problemOf(text: string): string | null {
  const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(text) ?? []
  if (kind === 'cron') return cronProblem(inner.split(' '))
  if (kind === 'rate')
    return /^[1-9]\d* (minute|hour|day)s?$/.test(inner) ? null : 'a rate is a number above 0 of minutes, hours or days'
  if (kind === 'at')
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(inner) && !Number.isNaN(Date.parse(`${inner}Z`))
      ? null
      : 'a single time is at(2027-01-31T06:30:00)'
  return 'a schedule is cron(...), rate(...) or at(...)'
}

function cronProblem(given: readonly string[]): string | null {
  if (given.length !== FIELDS.length)
    return `cron has six fields, ${FIELDS.map(([name]) => name).join(', ')}; here are ${given.length}`
  if ((given[2] === '?') === (given[4] === '?'))
    return 'one of day of the month and day of the week is ?, and one is not'
  const wrong = FIELDS.findIndex((field, i) => !given[i]!.split(',').every((part) => isPart(part, field)))
  if (wrong < 0) return null
  const [name, least, most] = FIELDS[wrong]!
  return `${name} is ${JSON.stringify(given[wrong])}, and lies from ${least} to ${most}`
}

/** `*`, one, a range, or steps of them. */
function isPart(part: string, [, least, most, names, other]: Field): boolean {
  if (other?.test(part)) return true
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false
  const ends = range.split('-')
  const isEnd = (end: string) =>
    /^\d+$/.test(end) ? +end >= least && +end <= most : names.split(' ').includes(end) && end !== ''
  return range === '*' || (ends.length <= 2 && ends.every(isEnd))
}
