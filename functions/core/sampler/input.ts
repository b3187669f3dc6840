/** Refuses options that the search could only answer wrongly. */

import { requireInteger } from '../statistics/range.ts'
import type { Constraint, Field, SearchOptions } from './types.ts'

/**
 * Refuses what does not hold: `field` is the option or argument at fault in dotted form (`space.top_k.values`).
 * @throws RangeError that says what was given and what to do
 */
export function demand(holds: boolean, field: string, value: unknown, remedy: string): asserts holds {
  if (holds) return
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing')
  throw new RangeError(`${field} is ${text.length > 120 ? `${text.slice(0, 117)}...` : text}: ${remedy}`)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws RangeError that names the first option at fault */
export function checkOptions(options: SearchOptions): void {
  closed('options', options, ['space', 'baseline', 'objective', 'constraints', 'seed', 'most_changed', 'evaluations'])
  const { space, baseline, objective, constraints, seed, most_changed = 1, evaluations = 2 } = options
  closed('objective', objective, ['metric', 'direction'])
  checkMetric('objective', objective.metric)
  const known = ['decrease', 'increase'].includes(objective.direction)
  demand(known, 'objective.direction', objective.direction, "use 'decrease' or 'increase'")
  demand(Array.isArray(constraints), 'constraints', constraints, 'give a list, empty if there are none')
  for (const [i, constraint] of constraints.entries()) checkConstraint(`constraints[${i}]`, constraint)
  requireInteger('seed', seed, Number.MIN_SAFE_INTEGER)
  requireInteger('most_changed', most_changed, 1)
  // The baseline and one proposal.
  requireInteger('evaluations', evaluations, 2)
  demand(isRecord(space) && Object.keys(space).length > 0, 'space', space, 'give an object of at least one field')
  closed('baseline', baseline, Object.keys(space))
  for (const [name, field] of Object.entries(space)) {
    checkField(`space.${name}`, field)
    const value = Object.hasOwn(baseline, name) ? baseline[name]! : undefined
    const inside = (field.values as unknown[]).includes(value)
    demand(inside, `baseline.${name}`, value, `use one of ${field.values.slice(0, 12).join(', ')}`)
  }
}

const checkMetric = (at: string, metric: unknown) =>
  demand(typeof metric === 'string' && metric !== '', `${at}.metric`, metric, 'name a metric that is observed')

function checkConstraint(at: string, constraint: Constraint): void {
  closed(at, constraint, ['metric', 'min', 'max', 'relative_to_baseline'])
  const { metric, min, max, relative_to_baseline: relative = false } = constraint
  checkMetric(at, metric)
  demand((min ?? max) !== undefined, at, constraint, 'give it a min, a max or both')
  for (const [side, limit] of Object.entries({ min, max }))
    demand(Number.isFinite(limit ?? 0), `${at}.${side}`, limit, 'use a finite number')
  demand(!(min! > max!), `${at}.min`, min, `no value can meet it: max is ${max}`)
  demand(typeof relative === 'boolean', `${at}.relative_to_baseline`, relative, 'use true or false')
}

function checkField(at: string, field: Field): void {
  const kind = isRecord(field) ? field.kind : field
  demand(kind === 'ordered' || kind === 'categorical', `${at}.kind`, kind, "use 'ordered' or 'categorical'")
  const values: readonly unknown[] = Array.isArray(field.values) ? field.values : []
  const [fits, remedy] =
    kind === 'ordered'
      ? [(v: unknown, i: number) => Number.isFinite(v) && !(v! <= values[i - 1]!), 'numbers, each above the one before']
      : [(v: unknown, i: number) => typeof v === 'string' && values.indexOf(v) === i, 'texts, each of them once']
  demand(values.length > 0 && values.every(fits), `${at}.values`, field.values, `list ${remedy}, at least one`)
}

/** A misspelt key would otherwise be a limit or a budget that silently does not hold. */
function closed(at: string, value: unknown, keys: readonly string[]): void {
  demand(isRecord(value), at, value, `give an object of ${keys.join(', ')}`)
  for (const key of Object.keys(value))
    demand(keys.includes(key), `${at}.${key}`, value[key], `there is no such key: use ${keys.join(', ')}`)
}
