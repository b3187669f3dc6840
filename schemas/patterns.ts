/** What ids look like, for the full contracts and for the small ones that every function bundles. Imports nothing. */

/** Ids that become a folder or a key segment: letters, digits, `_ . : -`; no slash, never only dots. */
export const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

/** What the pattern alone would let through. */
export const isSafeId = (id: string): boolean => !id.includes('..') && id !== '__proto__'

/** SHA-256 of canonical JSON, `sha256:` and 64 lower-case hex digits. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/
