/** Input from outside, parsed with errors a person can act on. Loads no contract of its own: whoever parses brings it. */
import type * as z from 'zod'
import { shapeOf } from '#core/replay/json-text.ts'
import { cut } from '#core/space/where-they-differ.ts'
import { UserError } from '../../errors.ts'
import { MOST_LEVELS, shapeProblem, tooDeep } from '../../streams/json-shape.ts'

/** A schema, whole or of `zod/mini`. */
export interface Contract<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: z.core.$ZodError }
}

/** A value under a schema; a UserError names the file, each field and what is wrong with it. */
export function parseAs<T>(schema: Contract<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues
    .slice(0, 20)
    .flatMap(closest)
    .map((issue) => `  ${file}: ${fieldPath(issue.path)}: ${problemOf(issue)}`)
  throw new UserError(`${file} is not valid:\n${lines.join('\n')}`)
}

/** What is wrong with the form that a value of several forms comes closest to: where that lies deeper, it names the field. */
export function closest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length)
  return nearest?.every(({ path }) => path.length > 0)
    ? nearest.flatMap((inner) => closest({ ...inner, path: [...issue.path, ...inner.path] }))
    : [issue]
}

export function fieldPath(path: readonly PropertyKey[]): string {
  return path.length === 0
    ? 'document'
    : path
        .map((p) => (typeof p === 'number' ? `[${p}]` : nameOf(p)))
        .join('.')
        .replaceAll('.[', '[')
}

const MOST_NAMED = 10
const LONGEST_NAME = 80
const nameOf = (key: PropertyKey): string => cut(String(key), LONGEST_NAME)

export function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const more = issue.keys.length - MOST_NAMED
    const named = issue.keys.slice(0, MOST_NAMED).map((key) => `"${nameOf(key)}"`)
    return `unknown field ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: remove it, or check its spelling`
  }
  if (issue.code === 'invalid_key') return issue.issues.map(problemOf).join('; ')
  return issue.message.replace(/^Invalid input: expected (.*), received undefined$/, 'is missing ($1)')
}

/**
 * JSON of a text; a UserError names the file and where it stops being JSON. `__proto__` keys are refused, keys that stand
 * twice and nesting without end, and texts with half of a surrogate pair: those have no canonical form.
 */
export function parseJson(text: string, file: string): unknown {
  const value = parsed(text, file)
  const found = shapeProblem(text, { keys: true })
  if (found) throw new UserError(`${file}${text.includes('\n') ? `, line ${found.line}` : ''}: ${found.problem}`)
  return value
}

/** The same of one record of many, whose keys are not compared: that takes longer than all the rest. */
export function parseRecord(text: string, file: string): unknown {
  const value = parsed(text, file)
  if (shapeOf(value, MOST_LEVELS).odd !== null) throw new UserError(`${file}: ${tooDeep(MOST_LEVELS)}`)
  return value
}

function parsed(text: string, file: string): unknown {
  try {
    // Neither can be there without one of these; looking at every value takes as long as parsing it twice more.
    if (!text.includes('__proto__') && !text.includes('\\u')) return JSON.parse(text)
    return JSON.parse(text, (key, value) => {
      if (key === '__proto__') throw new UserError(`${file}: the key "__proto__" is not allowed`)
      if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
        throw new UserError(`${file}: ${JSON.stringify(key)} holds half of a surrogate pair, which has no UTF-8 form`)
      return value
    })
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${file} is no JSON: ${(error as Error).message}`)
  }
}
