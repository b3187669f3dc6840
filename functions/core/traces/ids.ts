/** Ids and instants in every spelling that carriers have, each in one form. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { MOST } from '#schemas/measures.ts'
import { ID_PATTERN, isSafeId } from '#schemas/patterns.ts'
import { millisecondsOf } from '../instant.ts'
import { isFields, isLong, longOf } from './values.ts'

/**
 * A trace id (16 bytes) or span id (8 bytes) as lower-case hex: hex in any case, with `0x`, a UUID's digits, an X-Ray id, base64, or a
 * Buffer's bytes. The length decides, because 32 hex digits are legal base64 too. `null`: it is none, or all zero.
 */
export function hexId(value: unknown, bytes: 16 | 8): string | null {
  const hex = hexOf(value, bytes)
  return hex !== null && /[1-9a-f]/.test(hex) ? hex : null
}

/** As most exporters write ids. */
const PLAIN_HEX = /^[0-9a-f]+$/
const X_RAY = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

function hexOf(value: unknown, bytes: number): string | null {
  const list = isFields(value) && value.type === 'Buffer' ? value.data : value instanceof Uint8Array ? value : null
  if (list) {
    const raw = Array.isArray(list) || list instanceof Uint8Array ? Buffer.from(list as Uint8Array) : null
    return raw?.length === bytes ? raw.toString('hex') : null
  }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value > 0 ? decimalId(String(value), bytes) : null
  if (typeof value !== 'string') return null
  if (value.length === bytes * 2 && PLAIN_HEX.test(value)) return value
  const text = value.trim().replace(/^(0x|tr-|trace:\/.*\/|urn:uuid:)|^\{|\}$/gi, '')
  const digits = X_RAY.test(text)
    ? text.slice(2).replaceAll('-', '')
    : UUID.test(text)
      ? text.replaceAll('-', '')
      : text
  if (digits.length === bytes * 2 && /^[0-9a-f]+$/i.test(digits)) return digits.toLowerCase()
  if (/^\d{10,39}$/.test(text)) return decimalId(text, bytes)
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null
  const raw = Buffer.from(text, 'base64')
  return raw.length === bytes ? raw.toString('hex') : null
}

/** Python's tracers dump ids as whole numbers. */
function decimalId(digits: string, bytes: number): string | null {
  const hex = BigInt(digits)
    .toString(16)
    .padStart(bytes * 2, '0')
  return hex.length === bytes * 2 ? hex : null
}

/** An id of a store of its own kind (a UUID, `tr-...`), kept as it is where it is one. */
export const plainId = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null

/** An id that may name a run: as it is, or, where a folder could not bear it, the digest of it. */
export const safeId = (id: string): string =>
  ID_PATTERN.test(id) && isSafeId(id) ? id : `h_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`

/** In which unit a number without one counts, by its size: seconds, milliseconds, microseconds or nanoseconds since 1970. */
const UNITS: readonly (readonly [below: number, nanos: number])[] = [
  [1e11, 1e9],
  [1e14, 1e6],
  [1e17, 1e3],
]

/**
 * An instant as decimal text of nanoseconds since 1970: ISO 8601 (without a zone it means UTC), digits, a number in the unit that its
 * size tells, `[seconds, nanos]`, or a long. `null`: it is none of these.
 */
export function nanosOf(value: unknown): string | null {
  if (isLong(value)) return positive(longOf(value))
  if (Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n)))
    return positive(BigInt(value[0]) * 1_000_000_000n + BigInt(value[1]))
  if (typeof value === 'number') return Number.isFinite(value) ? numberNanos(value) : null
  if (typeof value !== 'string') return null
  if (NANOS.test(value)) return value
  const text = value.trim()
  if (/^\d+$/.test(text)) return text.length >= 17 ? positive(BigInt(text)) : numberNanos(Number(text))
  if (/^\d+\.\d+$/.test(text)) return numberNanos(Number(text))
  return isoNanos(text)
}

/** As most exporters write instants: nanoseconds, of 2001 and later. */
const NANOS = /^[1-9]\d{18}$/

const ISO =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:(Z|UTC)|([+-])(\d{2}):?(\d{2}))?$/i

function isoNanos(text: string): string | null {
  const parts = ISO.exec(text)
  if (!parts) return null
  const [, day, time, second = '00', fraction = '', , sign, hours = '0', minutes = '0'] = parts
  const away = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  try {
    const ms = millisecondsOf(`${day}T${time}:${second}.000Z`) - away
    return positive(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
  } catch {
    return null
  }
}

function numberNanos(value: number): string | null {
  if (value <= 0) return null
  const unit = UNITS.find(([below]) => value < below)?.[1] ?? 1
  // Whole and fraction apart: a double holds either of them, not both at nanoseconds.
  const whole = Math.trunc(value)
  return positive(BigInt(whole) * BigInt(unit) + BigInt(Math.round((value - whole) * unit)))
}

/** The last nanosecond that a date of four digits names. */
const LAST = 253_402_300_799_999_999_999n

const positive = (nanos: bigint): string | null => (nanos > 0n && nanos <= LAST ? nanos.toString() : null)

/** Milliseconds between two instants, to the microsecond; null where one is not known, or no work takes so long. */
export function millis(start: string | null, end: string | null): number | null {
  if (start === null || end === null) return null
  // Seconds and the rest of nanoseconds apart, as far as their difference is exact: most are an hour at most.
  const nanos =
    (Number(end.slice(0, -9)) - Number(start.slice(0, -9))) * 1e9 + (Number(end.slice(-9)) - Number(start.slice(-9)))
  const micros = Number.isSafeInteger(nanos)
    ? (nanos - (nanos % 1000)) / 1000
    : Number((BigInt(end) - BigInt(start)) / 1000n)
  const ms = micros / 1000
  return ms >= 0 && ms <= MOST.ms ? ms : null
}

/** Text of digits by its size; what is not known comes first. */
export function compareInstants(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}
