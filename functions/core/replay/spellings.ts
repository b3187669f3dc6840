/** Other spellings of numbers and days: 1,200.50 and 1200.5; 2026-11-28, 28.11.2026 and Nov 28, 2026. */

/** A number in a text, under each reading of its separators. Offsets count in the text. */
export interface SpelledNumber {
  readonly at: number
  readonly end: number
  readonly values: readonly number[]
}

/** A day in a text. `days`: its readings as YYYY-MM-DD; `monthDay`: MM-DD where no year stands there. */
export interface SpelledDay {
  readonly at: number
  readonly end: number
  readonly days: readonly string[]
  readonly monthDay: string | null
}

// Groups of three, or plain digits, each with an optional fraction.
const SHAPE = "(?:\\d{1,3}(?:([,.'\u2019 \u00a0\u202f])\\d{3})(?:\\1\\d{3})*(?:[.,]\\d+)?|\\d+(?:[.,]\\d+)?)"
// What touches another digit is another number.
const NUMBER = new RegExp(`(?<![\\p{L}\\p{N}_]|\\d[.,])${SHAPE}(?![\\d_])(?![.,]\\d)`, 'gu')
const WHOLE = new RegExp(`^${SHAPE}$`, 'u')

/** Is a text a number and nothing else, in whichever spelling? */
export const isNumberText = (text: string): boolean => WHOLE.test(text)

/** Every number of a text with all its readings; one that a letter follows only when a separator shows that it is no id. */
export function numbersOf(text: string): SpelledNumber[] {
  const found: SpelledNumber[] = []
  for (const match of text.matchAll(NUMBER)) {
    const [spelled] = match
    const end = match.index + spelled.length
    const isPart = /^-?\p{L}/u.test(text.slice(end, end + 3)) || /\p{L}-$/u.test(text.slice(0, match.index).slice(-3))
    if (isPart && /^\d+$/.test(spelled)) continue
    const values = readingsOf(spelled)
    if (values.length === 0) continue
    const before = text.slice(Math.max(0, match.index - 2), match.index)
    const isNegative = before.endsWith('-') && !/[\p{L}\p{N}]/u.test(before.slice(0, -1))
    found.push({ at: match.index, end, values: isNegative ? values.map((v) => -v) : values })
  }
  return found
}

/** Numbers that a spelling can mean: `1,200` is 1200 or 1.2, `1,200.50` is 1200.5 alone. None: an id with leading zeros. */
export function readingsOf(spelled: string): number[] {
  const separators = spelled.match(/[^\d]/g) ?? []
  if (separators.length === 0) return /^0\d/.test(spelled) ? [] : [Number(spelled)]
  const last = separators.at(-1)!
  const others = separators.slice(0, -1)
  const whole = Number(spelled.replace(/[^\d]/g, ''))
  if (last !== '.' && last !== ',') return [whole]
  const at = spelled.lastIndexOf(last)
  const fraction = Number(`${spelled.slice(0, at).replace(/[^\d]/g, '')}.${spelled.slice(at + 1)}`)
  if (others.includes(last)) return [whole]
  if (others.length > 0) return [fraction]
  return spelled.length - at - 1 === 3 && !spelled.startsWith('0') ? [fraction, whole] : [fraction]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'
const ORDINAL = '(?:st|nd|rd|th)?'
const YEAR_FIRST = /(?<![\d.])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/g
const YEAR_LAST = /(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/g
const COMPACT = /(?<![\p{L}\d])((?:19|20)\d{2})(\d{2})(\d{2})(?![\p{L}\d])/gu
const MONTH_FIRST = new RegExp(`(?<![a-z])${MONTH} +(\\d{1,2})${ORDINAL}(?![\\d])(?:,? +(\\d{4})(?!\\d))?`, 'g')
const DAY_FIRST = new RegExp(`(?<!\\d)(\\d{1,2})${ORDINAL} +(?:of +)?${MONTH}(?![a-z])(?:,? +(\\d{4})(?!\\d))?`, 'g')

/** Every day of a text in lower case. A day that two orders of day and month read differently has both readings. */
export function daysOf(text: string): SpelledDay[] {
  const found: SpelledDay[] = []
  if (!/\d/.test(text)) return found
  const add = ({ index, 0: { length } }: RegExpExecArray, days: (string | null)[], monthDay: string | null = null) => {
    const readings = [...new Set(days.filter((d) => d !== null))]
    if (readings.length > 0 || monthDay) found.push({ at: index, end: index + length, days: readings, monthDay })
  }
  for (const m of text.matchAll(YEAR_FIRST)) add(m, [dayOf(m[1]!, m[3]!, m[4]!)])
  for (const m of text.matchAll(COMPACT)) add(m, [dayOf(m[1]!, m[2]!, m[3]!)])
  for (const m of text.matchAll(YEAR_LAST)) {
    const year = m[4]!.length === 2 ? `20${m[4]}` : m[4]!
    add(m, [dayOf(year, m[3]!, m[1]!), m[2] === '.' ? null : dayOf(year, m[1]!, m[3]!)])
  }
  for (const m of text.matchAll(MONTH_FIRST)) addNamed(m, m[1]!, m[2]!, m[3])
  for (const m of text.matchAll(DAY_FIRST)) addNamed(m, m[2]!, m[1]!, m[3])
  return found.sort((a, b) => a.at - b.at || b.end - a.end)

  function addNamed(m: RegExpExecArray, name: string, date: string, year: string | undefined): void {
    const month = String(MONTHS.indexOf(name.slice(0, 3)) + 1)
    const any = dayOf(year ?? '2000', month, date)
    if (any) add(m, year ? [any] : [], year ? null : any.slice(5))
  }
}

function dayOf(year: string, month: string, date: string): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(date)]
  const isLeap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
  const length = m === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31
  if (m < 1 || m > 12 || d < 1 || d > length) return null
  return `${year}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`
}
