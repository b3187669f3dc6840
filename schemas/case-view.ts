/** What an expression of a suite may read of a replayed case: the one table that its contract, its values and its documentation follow from. */
import type { BreaksRow } from './surface-fields.ts'

/** A value by its type; `value` is a text, a number or a flag. */
type Scalar = 'text' | 'number' | 'flag' | 'value'
type Fields = Readonly<Record<string, Scalar>>

/** What stands under a name: a value, named fields, a list of such, or names that the records choose. */
export type Shape =
  | Scalar
  | { readonly fields: Readonly<Record<string, Scalar | { readonly list: Fields }>> }
  | { readonly list: Fields }
  | { readonly names: Scalar }

/** `recorded`: is it, or which of its fields are, told by the recording alone, before any candidate. `breaks`: which layers can change it. */
export interface Viewed {
  readonly shape: Shape
  readonly recorded: boolean | readonly string[]
  readonly breaks: BreaksRow
}

const CONTEXT: BreaksRow = ['any', 'any', 'any', 'any', 'decides']
const DECISION: BreaksRow = ['decides', 'decides', 'any', 'any', 'decides']
const CASE: BreaksRow = ['never', 'never', 'never', 'never', 'never']
const items: Fields = {
  ref: 'text',
  bucket: 'text',
  source: 'text',
  hop: 'number',
  tokens: 'number',
  gold: 'flag',
  required: 'flag',
  kept: 'flag',
}

/**
 * Name -> what it is. The settings of a candidate are not among them: two settings that show a case the same have one replay,
 * and so one verdict. Latency is none either: it is measured apart from the context.
 */
export const CASE_VIEW = {
  attributes: { shape: { names: 'text' }, recorded: true, breaks: CASE },
  recorded_settings: { shape: { names: 'value' }, recorded: true, breaks: CASE },
  outcome: {
    shape: { fields: { status: 'text', must_refuse: 'flag', refused: 'flag' } },
    recorded: true,
    breaks: DECISION,
  },
  label: { shape: { fields: { passed: 'flag', score: 'number' } }, recorded: true, breaks: CONTEXT },
  actions: {
    shape: { list: { name: 'text', writes: 'flag', confirmed: 'flag', correct: 'flag' } },
    recorded: true,
    breaks: DECISION,
  },
  arguments: {
    shape: { list: { action: 'text', name: 'text', readable: 'flag' } },
    recorded: false,
    breaks: CONTEXT,
  },
  approvals: {
    shape: {
      list: { gate: 'text', action: 'text', amount: 'number', asked: 'flag', skipped: 'flag', granted: 'flag' },
    },
    recorded: ['gate', 'action', 'amount', 'granted'],
    breaks: ['decides', 'decides', 'any', 'any', 'any'],
  },
  context: {
    shape: {
      fields: {
        items: { list: items },
        kept: { list: items },
        dropped: { list: items },
        tokens: 'number',
        as_recorded: 'flag',
      },
    },
    recorded: false,
    breaks: CONTEXT,
  },
  decided_as_recorded: { shape: 'flag', recorded: false, breaks: CONTEXT },
  tokens: { shape: 'number', recorded: false, breaks: CONTEXT },
  cents: { shape: 'number', recorded: false, breaks: CONTEXT },
  outputs: { shape: { names: 'value' }, recorded: true, breaks: DECISION },
} as const satisfies Readonly<Record<string, Viewed>>

/** A name of the table. */
export type ViewName = keyof typeof CASE_VIEW

/** Can a name be altered by a change at all? What a case is, and what it was recorded under, cannot. */
export const isAltered = (name: ViewName): boolean => CASE_VIEW[name].breaks !== CASE

/** Does a name say what was said of the recorded run, or whether a replay is that run? Of a model's new words neither holds. */
export const saysOfRecord = (name: ViewName): boolean => name === 'label' || name === 'decided_as_recorded'

/**
 * What tells the baseline from a candidate, of which a judge must know nothing: whole names, and fields of others. The
 * settings of the recording are the baseline's: beside what was kept they tell who kept it.
 */
const TELLS_THE_ARM: { readonly [N in ViewName]?: true | readonly string[] } = {
  recorded_settings: true,
  label: true,
  decided_as_recorded: true,
  // A label, and missing where an action is not the recorded one.
  actions: ['correct'],
  approvals: ['skipped'],
  context: ['as_recorded'],
}

/** May a model judge read it? */
export const isBlind = (name: ViewName): boolean => TELLS_THE_ARM[name] !== true

/** A value as a judge is shown it: without the fields that tell the arm. */
export function blinded(name: ViewName, value: unknown): unknown {
  const fields = TELLS_THE_ARM[name]
  if (fields === undefined || fields === true) return value
  const without = (one: unknown): unknown =>
    typeof one === 'object' && one !== null
      ? Object.fromEntries(Object.entries(one).filter(([field]) => !fields.includes(field)))
      : one
  return Array.isArray(value) ? value.map(without) : without(value)
}

/** Names of the table that a rule reads, of a rule that was checked. Inside a list a variable is a field of its elements. */
export function namesRead(rule: unknown): ViewName[] {
  const found = new Set<ViewName>()
  const walk = (part: unknown, isElement: boolean): void => {
    if (Array.isArray(part)) for (const one of part) walk(one, isElement)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return
    const [operator, given] = Object.entries(part)[0] ?? ['', null]
    const args: readonly unknown[] = Array.isArray(given) ? given : [given]
    if (operator === 'var' || operator === 'missing') {
      if (!isElement)
        for (const path of operator === 'var' ? args.slice(0, 1) : args)
          found.add(String(path).split('.')[0] as ViewName)
    } else if (LISTED.has(operator)) {
      walk(args[0], isElement)
      walk(args[1], true)
      walk(args[2], isElement)
    } else walk(args, isElement)
  }
  walk(rule, false)
  return [...found]
}

/** Operators that ask their second argument of each element of their first. */
export const LISTED: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'some', 'none', 'reduce'])
