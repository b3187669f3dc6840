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

/** Throws the error unless `holds`. */
export function demand(holds: boolean, field: string, value: unknown, remedy: string): asserts holds {
  if (!holds) throw new SearchInputError(field, value, remedy)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least
const isName = (value: unknown): boolean => typeof value === 'string' && value !== ''

export function checkAsked(n: number): void {
  demand(isCount(n, 1), 'n', n, 'ask for at least one point')
}

/** Throws a `SearchInputError` naming the first option at fault. */
export function checkOptions(options: SearchOptions): void {
  closed('options', options, ['space', 'baseline', 'objective', 'constraints', 'seed', 'most_changed', 'evaluations'])
  const { objective, constraints, seed, most_changed = 1, evaluations = 2 } = options
  closed('objective', objective, ['metric', 'direction'])
  const { metric, direction } = objective
  demand(isName(metric), 'objective.metric', metric, 'name a metric that is observed')
  const known = direction === 'decrease' || direction === 'increase'
  demand(known, 'objective.direction', direction, "use 'decrease' or 'increase'")
  demand(Array.isArray(constraints), 'constraints', constraints, 'give a list, empty if there are none')
  for (const [i, constraint] of constraints.entries()) checkConstraint(`constraints[${i}]`, constraint)
  demand(Number.isSafeInteger(seed), 'seed', seed, 'use a whole number')
  demand(isCount(most_changed, 1), 'most_changed', most_changed, 'let a proposal change at least 1 field')
  demand(isCount(evaluations, 2), 'evaluations', evaluations, 'use at least 2: the baseline and one proposal')
}

function checkConstraint(at: string, constraint: Constraint): void {
  closed(at, constraint, ['metric', 'min', 'max', 'relative_to_baseline'])
  const { metric, min, max, relative_to_baseline = false } = constraint
  demand(isName(metric), `${at}.metric`, metric, 'name a metric that is observed')
  demand(min !== undefined || max !== undefined, at, constraint, 'give it a min, a max or both')
  for (const [side, limit] of Object.entries({ min, max })) {
    demand(limit === undefined || Number.isFinite(limit), `${at}.${side}`, limit, 'use a finite number')
  }
  demand(!(min! > max!), `${at}.min`, min, `no value can meet it: max is ${max}`)
  const isFlag = typeof relative_to_baseline === 'boolean'
  demand(isFlag, `${at}.relative_to_baseline`, relative_to_baseline, 'use true or false')
}

/** A misspelt key would otherwise be a limit or a budget that silently does not hold. */
function closed(at: string, value: unknown, keys: readonly string[]): void {
  demand(isRecord(value), at, value, `give an object of ${keys.join(', ')}`)
  const stray = Object.keys(value).find((key) => !keys.includes(key))
  if (stray !== undefined) demand(false, `${at}.${stray}`, value[stray], `there is no such key: use ${keys.join(', ')}`)
}
