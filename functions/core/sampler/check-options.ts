/** Refuses options the search could only answer wrongly; the space itself is checked in `lattice.ts`. */
import { SearchInputError } from './errors.ts'
import { isRecord } from './lattice.ts'
import type { Constraint, SearchOptions } from './types.ts'

/** Throws a `SearchInputError` naming the first option at fault. */
export function checkOptions(options: SearchOptions): void {
  closed('options', options, ['space', 'baseline', 'objective', 'constraints', 'seed', 'exact_below', 'budget'])
  const { objective, constraints, seed, exact_below, budget } = options
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
  if (exact_below !== undefined) atLeast('exact_below', exact_below, 0, 'a whole number of points')
  if (budget === undefined) return
  closed('budget', budget, ['candidates', 'replays'])
  const enough = 'at least 2: the baseline and one proposal'
  if (budget.candidates !== undefined) atLeast('budget.candidates', budget.candidates, 2, enough)
  if (budget.replays !== undefined) atLeast('budget.replays', budget.replays, 2, enough)
}

function checkConstraint(at: string, constraint: Constraint): void {
  closed(at, constraint, ['metric', 'min', 'max', 'relative_to_baseline'])
  metricName(`${at}.metric`, constraint.metric)
  const { min, max, relative_to_baseline } = constraint
  if (min === undefined && max === undefined) throw new SearchInputError(at, constraint, 'give it a min, a max or both')
  for (const [side, limit] of Object.entries({ min, max })) {
    if (limit !== undefined && !Number.isFinite(limit)) {
      throw new SearchInputError(`${at}.${side}`, limit, 'use a finite number')
    }
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw new SearchInputError(`${at}.min`, min, `no value can meet it: max is ${max}`)
  }
  if (relative_to_baseline !== undefined && typeof relative_to_baseline !== 'boolean') {
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

function atLeast(field: string, value: unknown, least: number, remedy: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new SearchInputError(field, value, `use ${remedy}`)
}
