/** Common identifiers in a text: what looks like one and, where it has a checksum, is one. No expression here backtracks without a bound. */
import type { Identifier } from '#schemas/redaction.ts'

interface Kind {
  readonly looks: RegExp
  /** Absent: what looks like one is one. */
  readonly holds?: (text: string) => boolean
}

const BEFORE = '(?<![\\p{L}\\p{N}_])'
const AFTER = '(?![\\p{L}\\p{N}_])'
/** The last group of a number is not the beginning of an e-mail address, of which the rest would stay. */
const AFTER_NUMBER = `${AFTER}(?![\\p{L}\\p{N}._%+-]{0,64}@)`
/** Inside JSON that is no whole JSON text, a name may follow the letter of an escape such as \n. */
const ESCAPE = '(?<=\\\\[nrtbf])'

const KINDS: Readonly<Record<Identifier, Kind>> = {
  email: {
    looks: new RegExp(
      `(?:${ESCAPE}|(?<![\\p{L}\\p{N}._%+\\\\-]))[\\p{L}\\p{N}._%+-]{1,64}@(?:[\\p{L}\\p{N}-]{1,63}\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}])`,
      'gu',
    ),
  },
  phone: {
    looks: new RegExp(
      `(?<![\\p{L}\\p{N}_.+-])(?:(?:\\+|00)[1-9](?:[ ()./-]{0,2}\\d){6,14}|(?:\\(\\d{3}\\) ?|\\d{3}[-. ])\\d{3}[-. ]\\d{4})${AFTER}`,
      'gu',
    ),
  },
  iban: {
    looks: new RegExp(
      `${BEFORE}[A-Za-z]{2}\\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?${AFTER_NUMBER}`,
      'gu',
    ),
    holds: isIban,
  },
  card: { looks: new RegExp(`${BEFORE}\\d(?:[ -]?\\d){12,18}${AFTER_NUMBER}`, 'gu'), holds: isCard },
  ip: {
    looks: /(?<![\p{L}\p{N}_.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,39})(?![\p{L}\p{N}_:]|\.\d)/gu,
    holds: (text) => isIpv4(text) || isIpv6(text),
  },
}

/** Where the identifiers of a kind stand in a text, from left to right. */
export function* identifiersIn(text: string, kind: Identifier): Generator<readonly [start: number, end: number]> {
  const { looks, holds = () => true } = KINDS[kind]
  const expression = new RegExp(looks)
  for (let found = expression.exec(text); found !== null; found = expression.exec(text)) {
    const held = longestThatHolds(found[0], holds)
    if (held !== null) yield [found.index, found.index + held.length]
    expression.lastIndex = found.index + (held?.length ?? 1)
  }
}

/** The words behind a number may look like its last group. */
function longestThatHolds(text: string, holds: (text: string) => boolean): string | null {
  let at = text
  while (!holds(at)) {
    const cut = Math.max(at.lastIndexOf(' '), at.lastIndexOf('-'))
    if (cut <= 0) return null
    at = at.slice(0, cut)
  }
  return at
}

/** ISO 7064, mod 97-10. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(' ', '').toUpperCase()
  if (plain.length < 15 || plain.length > 34) return false
  let rest = 0
  for (const sign of plain.slice(4) + plain.slice(0, 4))
    for (const digit of /\d/.test(sign) ? sign : String(sign.charCodeAt(0) - 55))
      rest = (rest * 10 + Number(digit)) % 97
  return rest === 1
}

/** Luhn. */
function isCard(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  if (digits.length < 13 || digits.length > 19 || /^0+$/.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = digit * 2
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)

/** Eight groups, or fewer around one `::`; two short words around colons are none. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  const groups = text.split(':').filter((group) => group !== '')
  if (halves.length > 2 || groups.some((group) => group.length > 4) || /(^:[^:])|([^:]:$)/.test(text)) return false
  if (halves.length === 1) return groups.length === 8
  return groups.length <= 7 && (text === '::1' || (groups.length >= 3 && /\d/.test(text)))
}
