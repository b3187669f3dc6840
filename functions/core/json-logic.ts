/**
 * JsonLogic over a replayed case, strict where the language is lenient: a value that is missing, or of another type than its
 * operator takes, ends the rule and leaves nothing measured. (JsonLogic calls `null <= 5` true.)
 */
import { isAtMost, isBelow } from './statistics/compare.ts'

/** Why a rule has no result. */
export class NoResult extends Error {}

/** It has none for the type of a value, whatever that value is. */
export class WrongType extends NoResult {}

/** A checked rule, ready to run over the values that it names. Throws `NoResult`. */
export type Rule = (view: unknown) => unknown

/** Elements that one run may look at: a list inside a list inside a list of thousands is no rule about a case. */
const MOST_STEPS = 200_000

/** Longest text that a rule may make: one that doubles it at each element of a list would fill the memory. */
const MOST_TEXT = 10_000

interface Run {
  steps: number
}
type Part = (data: unknown, run: Run) => unknown

/** Makes a rule of JSON that was checked by its contract (`schemas/expression.ts`). */
export function compileRule(json: unknown): Rule {
  const part = partOf(json)
  return (view) => part(view, { steps: 0 })
}

function partOf(json: unknown): Part {
  if (Array.isArray(json)) {
    const parts = json.map(partOf)
    return (data, run) => parts.map((part) => part(data, run))
  }
  if (typeof json !== 'object' || json === null) return () => json
  const [operator, given] = Object.entries(json)[0]!
  const args: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (operator === 'var') return variable(args)
  if (operator === 'missing') {
    const paths = args.map((path) => ({ path, words: wordsOf(path) }))
    return (data) => paths.flatMap(({ path, words }) => (valueAt(data, words) === null ? [path] : []))
  }
  const make = Object.hasOwn(LAZY, operator) ? LAZY[operator]! : null
  if (make) return make(args.map(partOf))
  const apply = STRICT[operator]
  if (!Object.hasOwn(STRICT, operator) || !apply) throw new NoResult(`"${operator}" is no operator here`)
  const parts = args.map(partOf)
  return (data, run) => apply(parts.map((part) => part(data, run)))
}

function variable([path, otherwise]: readonly unknown[]): Part {
  const words = wordsOf(path)
  return (data) => {
    const value = valueAt(data, words) ?? otherwise ?? null
    if (value === null) throw new NoResult(`${path === '' ? 'an element' : path} is not recorded`)
    return value
  }
}

const wordsOf = (path: unknown): readonly string[] => (path === '' ? [] : String(path).split('.'))

/** Null: it is not there. Names that the records choose may have dots. */
function valueAt(data: unknown, words: readonly string[]): unknown {
  let value: unknown = data
  for (const [i, word] of words.entries()) {
    if (typeof value !== 'object' || value === null) return null
    if (value instanceof Map) return (value.get(words.slice(i).join('.')) as unknown) ?? null
    value = Object.hasOwn(value, word) ? (value as Record<string, unknown>)[word] : null
  }
  return value ?? null
}

/** As JsonLogic has it: an empty list is false. */
const isTrue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

function listOf(value: unknown, run: Run): readonly unknown[] {
  if (!Array.isArray(value)) throw new WrongType(`${kindOf(value)} is no list`)
  run.steps += value.length
  if (!isAtMost(run.steps, MOST_STEPS)) throw new NoResult(`it looks at more than ${MOST_STEPS} elements`)
  return value
}

const overList =
  (of: (list: readonly unknown[], ask: (element: unknown) => unknown) => unknown) =>
  ([list, each]: readonly Part[]): Part =>
  (data, run) =>
    of(listOf(list!(data, run), run), (element) => each!(element, run))

/** Operators that do not look at every argument, or look at one many times. */
const LAZY: Readonly<Record<string, (parts: readonly Part[]) => Part>> = {
  if: (parts) => (data, run) => {
    for (let i = 0; i + 1 < parts.length; i += 2) if (isTrue(parts[i]!(data, run))) return parts[i + 1]!(data, run)
    return parts.at(-1)!(data, run)
  },
  and: (parts) => (data, run) => {
    let value: unknown = null
    for (const part of parts) {
      value = part(data, run)
      if (!isTrue(value)) break
    }
    return value
  },
  or: (parts) => (data, run) => {
    let value: unknown = null
    for (const part of parts) {
      value = part(data, run)
      if (isTrue(value)) break
    }
    return value
  },
  map: overList((list, ask) => list.map(ask)),
  filter: overList((list, ask) => list.filter((element) => isTrue(ask(element)))),
  // As JsonLogic has it: nothing holds of all elements of an empty list.
  all: overList((list, ask) => list.length > 0 && list.every((element) => isTrue(ask(element)))),
  some: overList((list, ask) => list.some((element) => isTrue(ask(element)))),
  none: overList((list, ask) => !list.some((element) => isTrue(ask(element)))),
  reduce:
    ([list, each, first]) =>
    (data, run) =>
      listOf(list!(data, run), run).reduce(
        (accumulator, current) => each!({ accumulator, current }, run),
        first!(data, run),
      ),
}

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value)

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean') return 'true or false'
  return { number: 'a number', string: 'a text' }[typeof value as string] ?? 'no value'
}

function numbersOf(values: readonly unknown[]): number[] {
  return values.map((value) => {
    if (!isFiniteNumber(value)) throw new WrongType(`${kindOf(value)} stands where a number must`)
    return value
  })
}

/** A text that is a number and nothing else, as that number: `{"+": ...}` of one argument reads it. */
const readNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new NoResult('the result is no finite number')
  return value
}

function areEqual([a, b]: readonly unknown[]): boolean {
  if (kindOf(a) !== kindOf(b) || Array.isArray(a)) throw new WrongType(`it compares ${kindOf(a)} with ${kindOf(b)}`)
  return a === b
}

const ordered =
  (holds: (a: number, b: number) => boolean) =>
  (values: readonly unknown[]): boolean => {
    const [a, b, c] = numbersOf(values) as [number, number, number?]
    return holds(a, b) && (c === undefined || holds(b, c))
  }

const isNotEqual = (values: readonly unknown[]): boolean => !areEqual(values)

/** Operators over all of their arguments. */
const STRICT: Readonly<Record<string, (values: readonly unknown[]) => unknown>> = {
  '!': ([value]) => !isTrue(value),
  '!!': ([value]) => isTrue(value),
  '==': areEqual,
  '===': areEqual,
  '!=': isNotEqual,
  '!==': isNotEqual,
  '<': ordered(isBelow),
  '<=': ordered((a, b) => isAtMost(a, b)),
  '>': ordered((a, b) => isBelow(b, a)),
  '>=': ordered((a, b) => isAtMost(b, a)),
  '+': (values) => finite(numbersOf(values.length === 1 ? [readNumber(values[0])] : values).reduce((a, b) => a + b, 0)),
  '*': (values) => finite(numbersOf(values).reduce((a, b) => a * b, 1)),
  '-': (values) => {
    const [a, b] = numbersOf(values) as [number, number?]
    return finite(b === undefined ? -a : a - b)
  },
  '/': (values) => {
    const [a, b] = numbersOf(values) as [number, number]
    return finite(a / b)
  },
  '%': (values) => {
    const [a, b] = numbersOf(values) as [number, number]
    return finite(a % b)
  },
  min: (values) => Math.min(...numbersOf(values)),
  max: (values) => Math.max(...numbersOf(values)),
  in: ([value, where]) => {
    if (Array.isArray(where)) return where.includes(value)
    if (typeof where === 'string' && typeof value === 'string') return where.includes(value)
    throw new WrongType(`"in" looks for ${kindOf(value)} in ${kindOf(where)}`)
  },
  cat(values) {
    const text = values
      .map((value) => {
        if (typeof value === 'string' || isFiniteNumber(value)) return String(value)
        throw new WrongType(`"cat" joins texts and numbers, not ${kindOf(value)}`)
      })
      .join('')
    if (!isAtMost(text.length, MOST_TEXT)) throw new NoResult(`"cat" makes more than ${MOST_TEXT} characters`)
    return text
  },
}

/** What a result that is no verdict was, for people. */
export const resultKind = kindOf
