/** The values of an action's arguments that must have been read somewhere, and how each may be recognised. */
import { argumentsOf } from './json-text.ts'
import { daysOf, isNumberText, readingsOf } from './spellings.ts'

/** A value that was passed. `text` is its lower-case text. */
export interface PassedValue {
  /** Path of the argument. */
  readonly name: string
  readonly text: string
  /** Was it passed as a number: an amount or a count, and no id. */
  readonly isNumber: boolean
  /** What it is as a number; null: it is none. */
  readonly number: number | null
  /** Days it can mean; `time`: it says more than the day. */
  readonly days: readonly string[]
  readonly monthDay: string | null
  readonly time: boolean
  /** Under three digits: text alone says nothing of it. */
  readonly isSmall: boolean
  /** Ids inside a longer text, which are traced where the whole is not. */
  readonly ids: readonly PassedValue[]
}

/** Most ids that are looked for in one text. */
const MOST_IDS = 64

/**
 * Distinct values of arguments, each under the path where it first stands: numbers, and texts of three characters or more.
 * JSON text is read as what it says, wherever it stands.
 */
export function passedValues(value: unknown): PassedValue[] {
  const into = new Map<string, PassedValue>()
  collect(argumentsOf(value), '', into)
  return [...into.values()]
}

function collect(value: unknown, path: string, into: Map<string, PassedValue>): void {
  const inner = typeof value === 'string' ? argumentsOf(value) : value
  if (typeof inner === 'object' && inner !== null) {
    for (const [key, field] of Object.entries(inner)) collect(field, path ? `${path}.${key}` : key, into)
    return
  }
  if (typeof inner !== 'number' && typeof inner !== 'string') return
  const passed = passedValue(inner, path)
  if (passed && !into.has(passed.text)) into.set(passed.text, passed)
}

function passedValue(value: number | string, name: string, withIds = true): PassedValue | null {
  const text = (typeof value === 'number' ? spelledOut(value) : value.trim()).toLowerCase()
  const number = typeof value === 'number' ? value : numberOf(text)
  const digits = text.replace(/[^0-9]/g, '').length
  if (number === null && text.length < 3) return null
  const day = number === null || /^\d{8}$/.test(text) ? daysOf(text)[0] : undefined
  const rest = day && day.at === 0 ? text.slice(day.end) : null
  const isDay = rest !== null && /^(?:$|[t ]+\d{1,2}:\d{2})/.test(rest)
  return {
    name,
    text,
    isNumber: typeof value === 'number',
    number,
    days: isDay ? day!.days : [],
    monthDay: isDay ? (day!.monthDay ?? day!.days[0]!.slice(5)) : null,
    time: isDay && rest !== '' && !/^[t ]+00:00(?::00(?:\.0+)?)?(?:z|[+-]00:?00)?$/.test(rest!),
    isSmall: number !== null && digits < 3,
    ids: withIds && number === null && !isDay ? idsOf(text, name) : [],
  }
}

/** 1e21 stands in no text; its digits may. */
const spelledOut = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e25 ? BigInt(value).toString() : String(value)

/** Number that a text says by itself, in whichever spelling has one reading. */
function numberOf(text: string): number | null {
  if (/^-?\d+(?:\.\d+)?$/.test(text) && !/^-?0\d/.test(text)) return Number(text)
  if (!isNumberText(text)) return null
  const readings = readingsOf(text)
  return readings.length === 1 ? readings[0]! : null
}

const TOKEN = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[-_.@](?=[\p{L}\p{N}])|(?<=\d)\/(?=\d))*/gu

/** Ids inside a text: words with a digit in them that are not the text itself. Small numbers are none. */
function idsOf(text: string, name: string): PassedValue[] {
  const ids = new Map<string, PassedValue>()
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === text || token.length < 3 || !/\d/.test(token) || ids.size >= MOST_IDS) continue
    const id = passedValue(token, name, false)
    if (id && !id.isSmall) ids.set(token, id)
  }
  return [...ids.values()]
}
