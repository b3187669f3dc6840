/** The value of a text of JSON, with the digits of numbers that a double cannot hold. */
import { shapeOf } from '#core/replay/json-text.ts'
import { endOfString, MOST_LEVELS, tooDeep } from '../../../streams/json-shape.ts'
import type { Source } from './source.ts'

/** Digits that a double may not hold. */
const MANY_DIGITS = 16

/** A number that has them, between two strings: whole, without a fraction or an exponent. */
const WHOLE_NUMBER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

const NO_PROTO = 'the key "__proto__" is not allowed'

/** Half of a surrogate pair is only there if one is escaped. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/

/**
 * Parses one record. A whole number beyond 2^53, such as a time in nanoseconds, becomes a string of its digits.
 *
 * @param what names the text in an error, such as `the line`
 * @throws ImportError: no JSON, nesting without end, a `__proto__` key, half of a surrogate pair
 */
export function jsonValue(source: Source, text: string, what: string): unknown {
  try {
    return strictJson(text)
  } catch (error) {
    const { message } = error as Error
    const problem = error instanceof SyntaxError ? `${what} is no JSON: ${message}` : message
    throw source.refuse(problem, 'Mend it, or export the file again; every record is one JSON value')
  }
}

/**
 * The same for who goes on without it.
 *
 * @throws SyntaxError: no JSON; RangeError, in words: JSON that is not read
 */
export function strictJson(text: string): unknown {
  const plain = !ESCAPED_SURROGATE.test(text)
  const parsed = (json: string): unknown => (plain ? JSON.parse(json) : JSON.parse(json, wellFormed))
  const value = parsed(text)
  const { odd, long } = shapeOf(value, MOST_LEVELS)
  if (odd === 'deep') throw new RangeError(tooDeep(MOST_LEVELS))
  // Its name may be spelled with escapes.
  if (odd !== null) throw new RangeError(NO_PROTO)
  return long ? parsed(withDigits(text)) : value
}

function wellFormed(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new RangeError(NO_PROTO)
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
    throw new RangeError(`${JSON.stringify(key)} holds half of a surrogate pair, which has no UTF-8 form`)
  return value
}

/** The same JSON with whole numbers beyond 2^53 in quotes. Texts of strings stay as they are. */
function withDigits(text: string): string {
  const parts: string[] = []
  let from = 0
  while (from < text.length) {
    const quote = text.indexOf('"', from)
    const between = text.slice(from, quote < 0 ? text.length : quote)
    parts.push(between.length < MANY_DIGITS ? between : between.replace(WHOLE_NUMBER, exact))
    if (quote < 0) break
    from = endOfString(text, quote)
    parts.push(text.slice(quote, from))
  }
  return parts.join('')
}

const exact = (digits: string): string => (Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`)
