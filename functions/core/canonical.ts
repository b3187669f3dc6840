/** Canonical JSON (RFC 8785), digests and hash chains. The one place where bytes are made. */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** Canonical JSON text of a JSON value (RFC 8785). Throws on what JSON cannot carry: NaN, Infinity, functions. */
export function canonical(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return text
}

/** `sha256:` and the hex digest of a text or of bytes. */
export const digestOfBytes = (bytes: string | Uint8Array): string => `sha256:${hash('sha256', bytes)}`

/** Digest of a value's canonical JSON. */
export const digestOf = (value: unknown): string => digestOfBytes(canonical(value))

/** One canonical line per value, each ended by a newline. */
export const canonicalLines = (values: readonly unknown[]): string => values.map((v) => `${canonical(v)}\n`).join('')

/** Next link of a hash chain: the digest over the link before (`null` at the start) and the entry. */
export const chainLink = (previous: string | null, entry: unknown): string => digestOf({ previous, entry })

/** Order by UTF-16 code units, as RFC 8785 orders keys: the same everywhere, whatever the locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
