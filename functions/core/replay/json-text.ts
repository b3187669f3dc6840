/**
 * JSON that was recorded as text, as most tracers record arguments. Imports nothing: the guarded process of an import map
 * reads this file, and may read no more of the core than its functions need (`map-worker.ts`).
 */

const MAX_LEVELS = 100
const LONG_NUMBER = /\d{16}/

/**
 * What a text says as JSON; anything else comes back as it is, and so does a text that is no JSON, nests too deep or plants
 * a key "__proto__". A whole number beyond 2^53 stays the text of its digits: an id must not lose its last ones. Never
 * throws.
 */
export function jsonOfText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    // A reviver is asked of every value: only a text with so long a number needs it.
    const parsed: unknown = LONG_NUMBER.test(value)
      ? JSON.parse(value, keepDigits as (key: string, value: unknown) => unknown)
      : JSON.parse(value)
    return isOdd(parsed, MAX_LEVELS) ? value : parsed
  } catch {
    return value
  }
}

/**
 * Arguments of a call: JSON text of an object or a list is that object or list, however often it was encoded. Every other
 * text is an argument of its own and stays.
 */
export function argumentsOf(value: unknown): unknown {
  let text = value
  while (typeof text === 'string' && /^\s*["[{]/.test(text)) {
    const parsed = jsonOfText(text)
    if (parsed === text) return value
    text = parsed
  }
  return typeof text === 'object' && text !== null ? text : value
}

/** The reviver is told how a number was spelled, which its type does not say yet. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const spelled = context?.source
  const isLost = typeof value === 'number' && !Number.isSafeInteger(value) && String(value) !== spelled
  return isLost && spelled && /^-?\d+$/.test(spelled) ? spelled : value
}

function isOdd(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((inner) => isOdd(inner, levels - 1))
  // What a parser makes has no names but its own.
  for (const key in value)
    if (key === '__proto__' || isOdd((value as Readonly<Record<string, unknown>>)[key], levels - 1)) return true
  return false
}
