/** The value of a text of JSON, with the digits of numbers that a double cannot hold. */
import { shapeProblem } from '../../../streams/json-shape.ts'
import type { Source } from './source.ts'

/** A number of sixteen digits or more at its start: the only texts that need a second look. */
const MANY_DIGITS = /(?:[:[,\s]|^)-?\d{16}/

/** Such a number between two strings: whole, without a fraction or an exponent. */
const WHOLE_NUMBER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

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
  const plain = !text.includes('__proto__') && !ESCAPED_SURROGATE.test(text)
  const value = plain ? exactJson(text) : exactJson(text, wellFormed)
  const found = typeof value === 'object' && value !== null ? shapeProblem(text) : null
  if (found !== null) throw new RangeError(found.problem)
  return value
}

/** `JSON.parse` of a text, with such numbers as strings. */
export function exactJson(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  return JSON.parse(MANY_DIGITS.test(text) ? withDigits(text) : text, reviver)
}

function wellFormed(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new RangeError('the key "__proto__" is not allowed')
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
    throw new RangeError(`${JSON.stringify(key)} holds half of a surrogate pair, which has no UTF-8 form`)
  return value
}

/** Index behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1)
  for (; at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return text.length
}

/** The same JSON with whole numbers beyond 2^53 in quotes. Texts of strings stay as they are. */
function withDigits(text: string): string {
  const parts: string[] = []
  let from = 0
  while (from < text.length) {
    const quote = text.indexOf('"', from)
    const between = text.slice(from, quote < 0 ? text.length : quote)
    parts.push(between.length < 16 ? between : between.replace(WHOLE_NUMBER, exact))
    if (quote < 0) break
    from = endOfString(text, quote)
    parts.push(text.slice(quote, from))
  }
  return parts.join('')
}

const exact = (digits: string): string => (Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`)
