/** What ids look like, for the full contracts and for the small ones that every function bundles. Imports nothing. */

/** Ids that become a folder or a key segment: letters, digits, `_ . : -`; no slash, never only dots. */
export const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

/** What the pattern alone would let through. */
export const isSafeId = (id: string): boolean => !id.includes('..') && id !== '__proto__'

/** Names that stay inside documents: no control characters, and nothing that means something as a path or a property. */
export function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) return false
  }
  return true
}
export const isSafeName = (name: string): boolean =>
  !name.includes('../') && name !== '__proto__' && name !== 'constructor' && name !== 'prototype'

/** A moment as the clock port gives it: ISO 8601, UTC, milliseconds. Equal length, so text order is time order. */
export const INSTANT_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** Makes a link single: 32-128 hex digits from a random source outside the core. */
export const NONCE_PATTERN = /^[0-9a-f]{32,128}$/

/** SHA-256 of canonical JSON, `sha256:` and 64 lower-case hex digits. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/

/** ARN of a published version of a function: `$LATEST` and an alias can change under a run. */
export const FUNCTION_VERSION_PATTERN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}:[0-9]{1,20}$/
