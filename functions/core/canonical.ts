/** Canonical JSON (RFC 8785), digests and hash chains. The one place where bytes are made. */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** Canonical JSON text of a JSON value (RFC 8785). Throws on what JSON cannot carry: NaN, Infinity, functions. */
export function canonical(value: unknown): string {
  // The library knows every odd value and says what is wrong with it, and takes four times as long.
  const text = sortedText(value) ?? plainText(value, 0) ?? canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return text
}

/**
 * Canonical text of a JSON value, and what a parser reads from it: the same value with its keys in their order, which a
 * reader may see. Throws as `canonical` does.
 */
export function readBack<T>(value: T): { readonly text: string; readonly again: T } {
  // Copied in order and written by the engine at once: half the time of writing it by hand and parsing that, and the texts
  // in it stay those that are there.
  const ordered = inOrder(value, 0)
  const known = ordered === null ? null : engineText(ordered)
  if (known !== null) return { text: known, again: ordered as T }
  const text = canonical(value)
  return { text, again: JSON.parse(text) as T }
}

/** A copy with its keys in order, fields of `undefined` left out, as a parser makes one; `null` where that is no copy's business. */
function inOrder(value: unknown, depth: number): object | null {
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return null
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) {
      const element = value[i]
      copy[i] = typeof element === 'object' && element !== null ? inOrder(element, depth + 1) : scalar(element)
      if (copy[i] === null && element !== null) return null
    }
    return copy
  }
  if (!isRecord(value)) return null
  const fields = value as Readonly<Record<string, unknown>>
  const copy: Record<string, unknown> = {}
  for (const key of sortedKeys(fields)) {
    const field = fields[key]
    if (field === undefined) continue
    // Set, it would be no field, or stand before the others whatever their order.
    if (key === '__proto__' || isIndex(key)) return null
    const copied = typeof field === 'object' && field !== null ? inOrder(field, depth + 1) : scalar(field)
    if (copied === null && field !== null) return null
    copy[key] = copied
  }
  return copy
}

/** Is this an object as a parser makes one, and not one that says its own form? */
function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Is this the name of an element, which the engine puts before all others? */
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0)
  return first >= 0x30 && first <= 0x39 && String(Number(key) >>> 0) === key
}

/** A value without fields as JSON carries it, which has no negative zero; `null` too for one that it does not carry. */
function scalar(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value + 0 : null
    default:
      return null
  }
}

/** Containers inside one another that are written by recursion. */
const DEEPEST = 200
/** Keys as they are written, with their colon: records have few names. */
const keyTexts = new Map<string, string>()
const MOST_KEYS = 4096

/**
 * Canonical text of a value whose keys stand in order already, as they do in whatever was read from canonical text: the
 * engine writes it at once. `null` for any other.
 */
function sortedText(value: unknown): string | null {
  return typeof value !== 'object' || value === null || !isSorted(value, 0) ? null : engineText(value)
}

/** Text that the engine writes of a value whose keys stand in order; `null` where that may be none. */
function engineText(value: object): string | null {
  const text = JSON.stringify(value)
  // How the engine writes half of a surrogate pair, which has no canonical form; a text may also say so itself.
  return text.includes('\\ud') ? null : text
}

/** Is this what a JSON parser makes, with every key in code-unit order? Fields of `undefined` are left out. */
function isSorted(value: object, depth: number): boolean {
  if (depth === DEEPEST) return false
  if (Array.isArray(value)) {
    for (const element of value) if (element === undefined || !isPlain(element, depth)) return false
    return true
  }
  if (!isRecord(value)) return false
  let last = ''
  for (const key of Object.keys(value)) {
    if (key < last || !isPlain((value as Readonly<Record<string, unknown>>)[key], depth)) return false
    last = key
  }
  return true
}

function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || isSorted(value, depth + 1)
    default:
      return false
  }
}

/** Canonical text of a value as a JSON parser makes them, fields of `undefined` left out; `null` where the library is asked. */
function plainText(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : null
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || depth === DEEPEST) return null
  let inside = ''
  let comma = ''
  if (Array.isArray(value)) {
    for (const element of value) {
      const text = plainText(element, depth + 1)
      if (text === null) return null
      inside += comma + text
      comma = ','
    }
    return `[${inside}]`
  }
  if (!isRecord(value)) return null
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of sortedKeys(fields)) {
    const field = fields[key]
    if (field === undefined) continue
    const name = keyText(key)
    const text = name === null ? null : plainText(field, depth + 1)
    if (text === null) return null
    inside += comma + name + text
    comma = ','
  }
  return `{${inside}}`
}

/** Keys in code-unit order. What was read from canonical text has them so, and looking costs less than sorting. */
function sortedKeys(fields: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(fields)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}

function keyText(key: string): string | null {
  const known = keyTexts.get(key)
  if (known !== undefined) return known
  if (!key.isWellFormed()) return null
  const text = `${JSON.stringify(key)}:`
  if (keyTexts.size < MOST_KEYS) keyTexts.set(key, text)
  return text
}

/** `sha256:` and the hex digest of a text or of bytes. */
export const digestOfBytes = (bytes: string | Uint8Array): string => `sha256:${hash('sha256', bytes)}`

/** Digest of a value's canonical JSON. */
export const digestOf = (value: unknown): string => digestOfBytes(canonical(value))

/** One canonical line per value, each ended by a newline. */
export const canonicalLines = (values: readonly unknown[]): string => values.map((v) => `${canonical(v)}\n`).join('')

/** Next link of a hash chain: the digest over the link before (`null` at the start) and the entry. */
export const chainLink = (previous: string | null, entry: unknown): string => nextLink(previous, canonical(entry))

/** The same of an entry that is canonical text already. */
export const nextLink = (previous: string | null, entry: string): string =>
  digestOfBytes(`{"entry":${entry},"previous":${canonical(previous)}}`)

/** Canonical text of an object with one more field, whose value is made of the object's own canonical text: a digest of it. */
export function sealedText(
  value: Readonly<Record<string, unknown>>,
  name: string,
  sealOf: (text: string) => string,
): string {
  const nameText = (key: string): string => keyText(key) ?? `${canonical(key)}:`
  const names = sortedKeys(value).filter((key) => value[key] !== undefined)
  const fields = names.map((key) => nameText(key) + canonical(value[key]))
  const seal = nameText(name) + canonical(sealOf(`{${fields.join(',')}}`))
  const next = names.findIndex((key) => key > name)
  return `{${fields.toSpliced(next < 0 ? fields.length : next, 0, seal).join(',')}}`
}

/** Order by UTF-16 code units, as RFC 8785 orders keys: the same everywhere, whatever the locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
