/** What `createSearch` and its search refuse, and how a caller tells such a refusal from a defect. */

/**
 * The caller gave the search something it cannot work with: a space without points, a baseline outside it, an
 * unknown id. `field` is the option or argument at fault in dotted form (`space.top_k.values`), `value` what was
 * given; the message carries both and says what to do.
 */
export class SearchInputError extends Error {
  readonly field: string
  readonly value: unknown

  constructor(field: string, value: unknown, remedy: string) {
    super(`${field} is ${show(value)}: ${remedy}`)
    this.name = 'SearchInputError'
    this.field = field
    this.value = value
  }
}

/** `String` and `JSON.stringify` each hide something: the one quotes, the other NaN. */
function show(value: unknown): string {
  if (value === undefined || typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
