/** Pseudonyms: the name of a rule and a keyed hash of what it replaced, in letters only, so that no number is ever found in one. */
import { createHmac } from 'node:crypto'

const LETTERS = 'abcdefghijklmnop'

/** The same text, however its letters are cased and its groups are set apart, has the same pseudonym under one key. */
export function pseudonymOf(key: string, rule: string, text: string): string {
  const hash = createHmac('sha256', key).update(plainOf(text)).digest().subarray(0, 8)
  let letters = ''
  for (const byte of hash) letters += LETTERS[byte >> 4]! + LETTERS[byte & 15]!
  return `${rule}_${letters}`
}

/** Telephone, account and card numbers are set in groups; what holds a letter that is no account number is told by its words. */
function plainOf(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().trim()
  return /^[\d\s()+./-]+$|^[a-z]{2}\d{2}[a-z0-9 ]+$/.test(folded)
    ? folded.replace(/[\s()./-]+/g, '')
    : folded.replace(/\s+/g, ' ')
}

/** Finds the pseudonyms of some rules, also behind the letter of an escape. */
export function formOf(rules: Iterable<string>): RegExp {
  const names = [...rules].sort((a, b) => b.length - a.length)
  return new RegExp(`(${names.join('|')})_[a-p]{16}(?![\\p{L}\\p{N}_])`, 'gu')
}

/** How many pseudonyms of each rule stand in a text. */
export function pseudonymsIn(text: string, form: RegExp): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [, name] of text.matchAll(form)) found[name!] = (found[name!] ?? 0) + 1
  return found
}

/** A text cut at its pseudonyms: what lies between them, and they themselves at the odd places. */
export function aroundPseudonyms(text: string, form: RegExp): string[] {
  const pieces: string[] = []
  let at = 0
  for (const { 0: pseudonym, index } of text.matchAll(form)) {
    pieces.push(text.slice(at, index), pseudonym)
    at = index + pseudonym.length
  }
  return [...pieces, text.slice(at)]
}
