/**
 * JSON that was recorded as text, as most tracers record arguments. Imports nothing: the guarded process of an import map
 * reads this file, and may read no more of the core than its functions need (`map-worker.ts`).
 */

const MAX_LEVELS = 100
/**
 * What a text says as JSON; anything else comes back as it is, and so does a text that is no JSON, nests too deep or plants
 * a key "__proto__". A whole number beyond 2^53 stays the text of its digits: an id must not lose its last ones. Never
 * throws.
 */
export function jsonOfText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    const parsed: unknown = JSON.parse(value)
    const { odd, long } = shapeOf(parsed, MAX_LEVELS)
    if (odd !== null) return value
    // A reviver is asked of every value: only a text with so long a number needs it.
    return long ? JSON.parse(value, keepDigits as (key: string, value: unknown) => unknown) : parsed
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

/** What a parsed value is like. `odd`: why it is not read; `long`: it holds a whole number beyond 2^53. */
interface Shape {
  readonly odd: 'deep' | '__proto__' | null
  readonly long: boolean
}

/** @param levels deepest nesting */
export function shapeOf(value: unknown, levels: number): Shape {
  let long = false
  const oddIn = (at: unknown, left: number): Shape['odd'] => {
    // Digits without end are read as Infinity.
    if (typeof at === 'number') long ||= !Number.isSafeInteger(at) && (Number.isInteger(at) || !Number.isFinite(at))
    if (typeof at !== 'object' || at === null) return null
    if (left === 0) return 'deep'
    if (Array.isArray(at)) {
      for (const inner of at) {
        const odd = oddIn(inner, left - 1)
        if (odd) return odd
      }
      return null
    }
    // What a parser makes has no names but its own.
    for (const key in at) {
      const odd = key === '__proto__' ? key : oddIn((at as Readonly<Record<string, unknown>>)[key], left - 1)
      if (odd) return odd
    }
    return null
  }
  return { odd: oddIn(value, levels), long }
}
