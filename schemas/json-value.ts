/** Is a value one that JSON carries? For the full contracts and for the small ones that every function bundles. Imports nothing. */

/** Levels that a JSON value nests at most: deeper, whoever walks it would run out of stack. */
const JSON_LEVELS = 1000

/** No key "__proto__": who copies an object drops it in silence, and two values that differ would be one. */
export function isJson(value: unknown, levels = JSON_LEVELS): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null)
    return value === null || typeof value === 'string' || typeof value === 'boolean'
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (const inner of value) if (!isJson(inner, levels - 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const name in value)
    if (name === '__proto__' || !isJson((value as Readonly<Record<string, unknown>>)[name], levels - 1)) return false
  return true
}
