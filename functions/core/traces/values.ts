/** Values as carriers hold them, made plain: OTLP's typed values, JSON that was recorded as text, dotted names. */
import { MOST } from '#schemas/measures.ts'
import { jsonOfText } from '../replay/json-text.ts'
import { listOfText } from './histories.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first of these names that a row has, whatever the spelling of its exporter. */
export const field = (row: Fields, ...names: readonly string[]): unknown => fieldAmong(row, names)

export function fieldAmong(row: Fields, names: readonly string[]): unknown {
  for (const name of names) if (row[name] !== undefined && row[name] !== null) return row[name]
  return null
}

/** The first of these names under which a row holds an object. */
export function firstFields(row: Fields, ...names: readonly string[]): Fields | null {
  for (const name of names) if (isFields(row[name])) return row[name]
  return null
}

/** The fields of an object, also of one that was recorded as text; none: it is no object. */
export function fieldsIn(value: unknown): Fields {
  const at = opened(value)
  return isFields(at) ? at : {}
}

export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A finite number, also where it was written as text. Anything else is not known. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*[-+]?(\d|\.\d)/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** A count: whole and not negative. */
export function countOf(value: unknown): number | null {
  const number = numberOf(isLong(value) ? longOf(value).toString() : value)
  return number !== null && Number.isSafeInteger(number) && number >= 0 && number <= MOST.tokens ? number : null
}

/** Every JSON text inside a text, opened as often as it was encoded; a text that is no list or object stays a text. */
export function opened(value: unknown): unknown {
  let at = value
  for (let times = 0; times < 4 && typeof at === 'string' && /^\s*["[{]/.test(at); times++) {
    const inner = at.startsWith('[') ? listOfText(at) : jsonOfText(at)
    if (inner === at || (typeof inner !== 'object' && typeof inner !== 'string')) break
    at = inner
  }
  return at
}

const CUT_MARK = /(\.\.\.|…) ?\[?\(?truncated/i

/**
 * Was this text JSON before a limit cut it, or does it say so itself?
 *
 * @param inside what stands in it, where it was opened already
 */
export function isCut(value: unknown, inside?: unknown): boolean {
  if (typeof value !== 'string') return false
  if (CUT_MARK.test(value.slice(-40))) return true
  return /^\s*[[{]/.test(value) && looksLikeJson(value) && (inside ?? opened(value)) === value
}

/** Does it begin as JSON of a list or object does? A text in brackets, as people write them, does not. */
const looksLikeJson = (text: string): boolean => /^\s*(\[\s*(["[{\]]|-?\d|true|false|null)|\{\s*("|\}))/.test(text)

/** Longs as protobuf decoders dump them. */
export const isLong = (value: unknown): value is { readonly low: number; readonly high: number } =>
  isFields(value) && Number.isInteger(value.low) && Number.isInteger(value.high)

export const longOf = ({ low, high }: { readonly low: number; readonly high: number }): bigint =>
  (BigInt(high) << 32n) + BigInt(low >>> 0)

/**
 * JSON with sorted names, to compare and to show: one value is one text whatever its exporter. Not the canonical form of records: what a
 * trace holds may have none, and is no reason to throw here.
 */
export const sortedJson = (value: unknown): string => JSON.stringify(sorted(value))

/** The value itself where its names are in order: most are, and the plain way of JSON is the fast one. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isOrdered(value)) return value
  if (Array.isArray(value)) return value.map(sorted)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted((value as Fields)[name])]))
}

function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let last = ''
  for (const name of Object.keys(value)) {
    if (name < last || !isOrdered((value as Fields)[name])) return false
    last = name
  }
  return true
}

/** An OTLP `AnyValue`, plain. What is already plain stays as it is. */
export function plain(value: unknown): unknown {
  if (!isFields(value)) return value
  const v = value as Fields
  const string = v.stringValue ?? v.string_value
  if (string !== undefined) return string
  const int = v.intValue ?? v.int_value
  if (int !== undefined)
    return isLong(int) ? safe(longOf(int)) : typeof int === 'string' && /^-?\d+$/.test(int) ? wholeIn(int) : int
  const double = v.doubleValue ?? v.double_value
  if (double !== undefined) return double
  const bool = v.boolValue ?? v.bool_value
  if (bool !== undefined) return bool
  const list = v.arrayValue ?? v.array_value
  if (isFields(list)) return Array.isArray(list.values) ? list.values.map(plain) : []
  const pairs = v.kvlistValue ?? v.kvlist_value
  if (isFields(pairs)) return attributes(pairs.values)
  const bytes = v.bytesValue ?? v.bytes_value
  return bytes !== undefined ? bytes : Object.keys(v).length === 0 ? null : v
}

/** A whole number from its digits, which stay a text where a number would lose some. */
function wholeIn(digits: string): number | string {
  const number = Number(digits)
  // Not -0.
  return Number.isSafeInteger(number) ? number || 0 : safe(BigInt(digits))
}

const safe = (int: bigint): number | string =>
  int >= BigInt(Number.MIN_SAFE_INTEGER) && int <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(int) : int.toString()

/** Attributes by name: OTLP's list of pairs, or an object as flat dumps have it. */
export function attributes(value: unknown): Fields {
  if (isFields(value)) return value
  const flat: Record<string, unknown> = Object.create(null)
  if (Array.isArray(value))
    for (const pair of value) if (isFields(pair) && typeof pair.key === 'string') flat[pair.key] = plain(pair.value)
  return flat
}

/** First names of what this product reads of a span, under which some stores keep attributes as objects in objects. */
const NESTED = ['openinference', 'gen_ai', 'llm']

/** Attributes by their dotted names, where a store took those apart; the objects themselves stay too. */
export function flatNames(attrs: Fields): Fields {
  if (!NESTED.some((name) => isFields(attrs[name]))) return attrs
  const flat: Record<string, unknown> = Object.create(null)
  const put = (fields: Fields, start: string): void => {
    for (const [name, value] of Object.entries(fields)) {
      flat[start + name] = value
      if (isFields(value) && start.length < 200) put(value, `${start}${name}.`)
    }
  }
  put(attrs, '')
  return flat
}

/** The list or object that stands under `prefix.0.x`, `prefix.1.y`: attributes as instrumentors flatten them. */
export function unflattened(attrs: Fields, prefix: string): unknown {
  const start = `${prefix}.`
  const root: Record<string, unknown> = Object.create(null)
  let found = false
  for (const key of Object.keys(attrs)) {
    if (!key.startsWith(start)) continue
    const path = key.slice(start.length).split('.')
    if (path.includes('__proto__') || path.length > 20) continue
    found = true
    let at = root
    for (const word of path.slice(0, -1)) {
      if (!isFields(at[word])) at[word] = Object.create(null)
      at = at[word] as Record<string, unknown>
    }
    at[path.at(-1)!] = attrs[key]
  }
  return found ? listed(root) : null
}

/** An item of such a list with its dotted names taken apart, and those of its own lists. */
export function undotted(item: unknown): unknown {
  if (!isFields(item)) return item
  const inner = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, Array.isArray(value) ? value.map(undotted) : value]),
  )
  if (!Object.keys(inner).some((name) => name.includes('.'))) return inner
  return unflattened(Object.fromEntries(Object.entries(inner).map(([name, value]) => [`_.${name}`, value])), '_')
}

/** Objects whose names are 0, 1, 2 ... are lists. */
function listed(value: unknown): unknown {
  if (!isFields(value)) return value
  const names = Object.keys(value)
  if (names.length > 0 && names.every((name) => /^\d{1,6}$/.test(name)))
    return names.sort((a, b) => Number(a) - Number(b)).map((name) => listed(value[name]))
  return Object.fromEntries(names.map((name) => [name, listed(value[name])]))
}

/** What stands at a dotted path: as one dotted name, or name by name; JSON text on the way is opened. */
export const atPath = (row: unknown, path: string): unknown => (isFields(row) ? atPathIn([row], path) : null)

/** The same of several rows that are read as one: a name is what the first of them that has it says. */
export function atPathIn(rows: readonly Fields[], path: string): unknown {
  for (const row of rows) if (Object.hasOwn(row, path)) return row[path]
  for (const { head, rest } of splitsOf(path)) {
    for (const row of rows) {
      if (!Object.hasOwn(row, head)) continue
      const inner = atPath(opened(row[head]), rest)
      if (inner !== null && inner !== undefined) return inner
      break
    }
  }
  return null
}

interface Split {
  readonly head: string
  readonly rest: string
}

/** Paths at their dots: the same few are asked of every span. */
const splits = new Map<string, readonly Split[]>()

function splitsOf(path: string): readonly Split[] {
  const known = splits.get(path)
  if (known) return known
  const found: Split[] = []
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1))
    found.push({ head: path.slice(0, dot), rest: path.slice(dot + 1) })
  splits.set(path, found)
  return found
}
