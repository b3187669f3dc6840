/** Refuses options the search could only answer wrongly; the space itself is checked in `lattice.ts`. */

import { SearchInputError } from './errors.ts'
import { isRecord } from './lattice.ts'
import type { Constraint, SearchOptions } from './types.ts'

/** Throws a `SearchInputError` naming the first option at fault. */
export function checkOptions(options: SearchOptions): void {
  if (!isRecord(options)) throw new SearchInputError('options', options, 'give an object of options')
  const { objective, constraints, seed, exact_below, budget } = options
  metricName('objective.metric', objective?.metric)
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
  if (!isRecord(budget)) throw new SearchInputError('budget', budget, 'give { candidates?, replays? }')
  const enough = 'at least 2: the baseline and one proposal'
  if (budget.candidates !== undefined) atLeast('budget.candidates', budget.candidates, 2, enough)
  if (budget.replays !== undefined) atLeast('budget.replays', budget.replays, 2, enough)
}

function checkConstraint(at: string, constraint: Constraint): void {
  metricName(`${at}.metric`, constraint?.metric)
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

function metricName(field: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') throw new SearchInputError(field, name, 'name a metric that is observed')
}

function atLeast(field: string, value: unknown, least: number, remedy: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new SearchInputError(field, value, `use ${remedy}`)
}
