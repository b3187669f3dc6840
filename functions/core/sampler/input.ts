/** Refuses options the search could only answer wrongly; the space itself is checked in `lattice.ts`. */

import type { Constraint, SearchOptions } from './types.ts'

/**
 * The caller gave the search something it cannot work with. `field` is the option or argument at fault in dotted form
 * (`space.top_k.values`), `value` what was given; the message carries both and says what to do.
 */
export class SearchInputError extends Error {
  override readonly name = 'SearchInputError'
  readonly field: string
  readonly value: unknown

  constructor(field: string, value: unknown, remedy: string) {
    // JSON would hide NaN and infinity.
    const text = typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value)
    super(`${field} is ${text.length > 120 ? `${text.slice(0, 117)}...` : text}: ${remedy}`)
    this.field = field
    this.value = value
  }
}

/** Throws a `SearchInputError` naming the first option at fault. */
export function checkOptions(options: SearchOptions): void {
  closed('options', options, ['space', 'baseline', 'objective', 'constraints', 'seed', 'most_changed', 'evaluations'])
  const { objective, constraints, seed, most_changed = 1, evaluations = 2 } = options
  closed('objective', objective, ['metric', 'direction'])
  metricName('objective.metric', objective.metric)
  if (objective.direction !== 'decrease' && objective.direction !== 'increase') {
    throw new SearchInputError('objective.direction', objective.direction, "use 'decrease' or 'increase'")
  }
  if (!Array.isArray(constraints)) {
    throw new SearchInputError('constraints', constraints, 'give a list, empty if there are none')
  }
  for (const [i, constraint] of constraints.entries()) checkConstraint(`constraints[${i}]`, constraint)
  if (!Number.isSafeInteger(seed)) throw new SearchInputError('seed', seed, 'use a whole number')
  atLeast('most_changed', most_changed, 1, 'at least 1: the fields that a proposal may change')
  atLeast('evaluations', evaluations, 2, 'at least 2: the baseline and one proposal')
}

function checkConstraint(at: string, constraint: Constraint): void {
  closed(at, constraint, ['metric', 'min', 'max', 'relative_to_baseline'])
  const { metric, min, max, relative_to_baseline = false } = constraint
  metricName(`${at}.metric`, metric)
  if (min === undefined && max === undefined) throw new SearchInputError(at, constraint, 'give it a min, a max or both')
  for (const [side, limit] of Object.entries({ min, max })) {
    if (limit !== undefined && !Number.isFinite(limit)) {
      throw new SearchInputError(`${at}.${side}`, limit, 'use a finite number')
    }
  }
  if (min! > max!) throw new SearchInputError(`${at}.min`, min, `no value can meet it: max is ${max}`)
  if (typeof relative_to_baseline !== 'boolean') {
    throw new SearchInputError(`${at}.relative_to_baseline`, relative_to_baseline, 'use true or false')
  }
}

/** A misspelt key would otherwise be a limit or a budget that silently does not hold. */
function closed(at: string, value: unknown, keys: readonly string[]): void {
  if (!isRecord(value)) throw new SearchInputError(at, value, `give an object of ${keys.join(', ')}`)
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    throw new SearchInputError(`${at}.${unknown}`, value[unknown], `there is no such key: use ${keys.join(', ')}`)
  }
}

function metricName(field: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') throw new SearchInputError(field, name, 'name a metric that is observed')
}

export function atLeast(field: string, value: number, least: number, remedy: string): void {
  if (!Number.isSafeInteger(value) || value < least) throw new SearchInputError(field, value, `use ${remedy}`)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
