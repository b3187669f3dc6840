/** Refuses options that the search could only answer wrongly. */

import type { Constraint, Field, SearchOptions } from './types.ts'

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
    const shown = (_: string, part: unknown) => (typeof part === 'number' && !Number.isFinite(part) ? `${part}` : part)
    const isJson = typeof value === 'object' || typeof value === 'string'
    const text = isJson ? JSON.stringify(value, shown) : String(value)
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

export const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least
const isName = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** Throws a `SearchInputError` naming the first option at fault. */
export function checkOptions(options: SearchOptions): void {
  closed('options', options, ['space', 'baseline', 'objective', 'constraints', 'seed', 'most_changed', 'evaluations'])
  const { space, baseline, objective, constraints, seed, most_changed = 1, evaluations = 2 } = options
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
  demand(isRecord(space) && Object.keys(space).length > 0, 'space', space, 'give an object of at least one field')
  closed('baseline', baseline, Object.keys(space))
  for (const [name, field] of Object.entries(space)) {
    checkField(`space.${name}`, field)
    const value = Object.hasOwn(baseline, name) ? baseline[name]! : undefined
    const inside = (field.values as unknown[]).includes(value)
    demand(inside, `baseline.${name}`, value, `use one of ${field.values.slice(0, 12).join(', ')}`)
  }
}

function checkConstraint(at: string, constraint: Constraint): void {
  closed(at, constraint, ['metric', 'min', 'max', 'relative_to_baseline'])
  const { metric, min, max, relative_to_baseline = false } = constraint
  demand(isName(metric), `${at}.metric`, metric, 'name a metric that is observed')
  demand(min !== undefined || max !== undefined, at, constraint, 'give it a min, a max or both')
  demand(Number.isFinite(min ?? 0), `${at}.min`, min, 'use a finite number')
  demand(Number.isFinite(max ?? 0), `${at}.max`, max, 'use a finite number')
  demand(!(min! > max!), `${at}.min`, min, `no value can meet it: max is ${max}`)
  const isFlag = typeof relative_to_baseline === 'boolean'
  demand(isFlag, `${at}.relative_to_baseline`, relative_to_baseline, 'use true or false')
}

function checkField(at: string, field: Field): void {
  const kind = isRecord(field) ? field.kind : field
  demand(kind === 'ordered' || kind === 'categorical', `${at}.kind`, kind, "use 'ordered' or 'categorical'")
  const values: readonly unknown[] = Array.isArray(field.values) ? field.values : []
  const rise = values.every((v, i) => Number.isFinite(v) && !(v! <= values[i - 1]!))
  const names = values.every((v, i) => typeof v === 'string' && values.indexOf(v) === i)
  const remedy = kind === 'ordered' ? 'finite numbers, each above the one before' : 'texts, each of them once'
  const holds = values.length > 0 && (kind === 'ordered' ? rise : names)
  demand(holds, `${at}.values`, field.values, `list ${remedy}, at least one`)
}

/** A misspelt key would otherwise be a limit or a budget that silently does not hold. */
function closed(at: string, value: unknown, keys: readonly string[]): void {
  demand(isRecord(value), at, value, `give an object of ${keys.join(', ')}`)
  const stray = Object.keys(value).find((key) => !keys.includes(key))
  if (stray !== undefined) demand(false, `${at}.${stray}`, value[stray], `there is no such key: use ${keys.join(', ')}`)
}
