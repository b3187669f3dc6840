/** What ids look like, for the full contracts and for the small ones that every function bundles. Imports nothing. */

/**
 * Ids that become a folder or a key segment: 1-128 letters, digits, `_ . : -`, the first a letter, digit or `_`; no
 * slash.
 */
export const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

/** `NAME@MAJOR.MINOR.PATCH`. */
export const REF_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}@[0-9]+\.[0-9]+\.[0-9]+$/

/** What the pattern alone would let through: ".." inside an id, and the one name that is a property of every object. */
export const isSafeId = (id: string): boolean => !id.includes('..') && id !== '__proto__'

/** Whether a text holds no control characters (below U+0020, and U+007F). */
export function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) return false
  }
  return true
}

/** Whether a name means nothing as a path or as a property of an object. */
export const isSafeName = (name: string): boolean =>
  !name.includes('../') && name !== '__proto__' && name !== 'constructor' && name !== 'prototype'

/** A moment as the clock port gives it: ISO 8601, UTC, milliseconds. Equal length, so text order is time order. */
export const INSTANT_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** Makes a link single: 32-128 lower-case hex digits from a random source outside the core. */
export const NONCE_PATTERN = /^[0-9a-f]{32,128}$/

/** SHA-256 of canonical JSON, `sha256:` and 64 lower-case hex digits. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/

/** ARN of a published version of a function, `...:function:NAME:7`: `$LATEST` and an alias can change under a run. */
export const FUNCTION_VERSION_PATTERN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}:[0-9]{1,20}$/

/** Is a text `YYYY-MM-DD` a day that a calendar has? */
export function isDay(text: string): boolean {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (days[month - 1] ?? 0)
}

const PART_ID = /^pp_(?:policy|tools|evaluators|pack)_[0-9a-f]{12}$/

/** Is it the id of a proposal for a part that replay cannot judge, where the id of a run might stand? */
export const isPartId = (id: string): boolean => PART_ID.test(id)

/** The stamp on everything that comes of such a proposal. */
export const NOT_CERTIFIED = 'not certified by replay'
