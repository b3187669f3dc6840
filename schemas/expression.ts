/**
 * What is wrong with a JsonLogic rule, with its path: an operator that is not ours, a variable that no case has, too much of
 * it. Told when a suite is read, so that a typing error is no silent null.
 */
import { CASE_VIEW, isAltered, LISTED, namesRead, type Shape, type Viewed, type ViewName } from './case-view.ts'

/** The most that a rule may be: deep, large, long. */
export const MOST_OF_RULE = { depth: 24, parts: 500, text: 1000 } as const

/** Operators, and how many arguments each takes. */
const OPERATORS: Readonly<Record<string, readonly [number, number]>> = {
  var: [1, 2],
  missing: [1, 50],
  if: [3, 50],
  and: [1, 50],
  or: [1, 50],
  '!': [1, 1],
  '!!': [1, 1],
  '==': [2, 2],
  '===': [2, 2],
  '!=': [2, 2],
  '!==': [2, 2],
  '<': [2, 3],
  '<=': [2, 3],
  '>': [2, 2],
  '>=': [2, 2],
  '+': [1, 50],
  '*': [1, 50],
  '-': [1, 2],
  '/': [2, 2],
  '%': [2, 2],
  min: [1, 50],
  max: [1, 50],
  in: [2, 2],
  cat: [1, 50],
  map: [2, 2],
  filter: [2, 2],
  all: [2, 2],
  some: [2, 2],
  none: [2, 2],
  reduce: [3, 3],
}

/** Names of the operators that a rule may use. */
export const OPERATOR_NAMES = Object.keys(OPERATORS)

/** One thing that is wrong with a rule: where in it, and what to write instead. */
interface RuleIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What a variable may name where it stands; `null`: elements without named fields. */
type Scope = Readonly<Record<string, Shape>> | null

const WHOLE: Scope = Object.fromEntries(Object.entries(CASE_VIEW).map(([name, { shape }]) => [name, shape]))
const ofRecord: Scope = Object.fromEntries(
  Object.entries(CASE_VIEW as Readonly<Record<string, Viewed>>).flatMap(([name, { shape, recorded }]) => {
    if (typeof recorded === 'boolean') return recorded ? [[name, shape]] : []
    const { list } = shape as { readonly list: Readonly<Record<string, Shape>> }
    return [[name, { list: Object.fromEntries(recorded.map((field) => [field, list[field]])) } as Shape]]
  }),
)

/** What is known of a case before it runs. */
const ofRequest: Scope = { attributes: CASE_VIEW.attributes.shape }

/** How deep a value is: told without recursion, because what is too deep would end the program that looks. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= 2 * MOST_OF_RULE.depth; depth++) {
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []))
    if (level.length === 0) return false
  }
  return true
}

/** What is wrong with the rule of an evaluator; empty: nothing is. */
export function expressionIssues(rule: unknown): RuleIssue[] {
  const issues = isRule(rule) ? issuesIn(rule, WHOLE) : [noRule(rule)]
  if (issues.length > 0 || namesRead(rule).some(isAltered)) return issues
  return [
    {
      path: [],
      message: `reads nothing that a change could alter, so it could never fail: read ${alterable.join(', ')}`,
    },
  ]
}

/** The same of a rule that says which cases an evaluator is about: it reads what was recorded alone. */
export const appliesIssues = (rule: unknown): RuleIssue[] => (isRule(rule) ? issuesIn(rule, ofRecord) : [noRule(rule)])

/**
 * The same of a condition under which a setting is chosen: it reads attributes alone. `outcome`, labels and whatever a run shows
 * are told by their names, because to choose by them is to know the answer.
 */
export function conditionIssues(rule: unknown): RuleIssue[] {
  const issues = isRule(rule) ? issuesIn(rule, ofRequest) : [noRule(rule)]
  if (issues.length > 0 || namesRead(rule).length > 0) return issues
  return [{ path: [], message: 'reads no attribute, so it holds for every case or for none: leave it out' }]
}

const isRule = (rule: unknown): boolean => typeof rule === 'object' && rule !== null && !Array.isArray(rule)

const noRule = (rule: unknown): RuleIssue => ({
  path: [],
  message: `is JsonLogic and no other language, e.g. {"<=": [{"var": "tokens"}, 4000]}; got ${JSON.stringify(rule)?.slice(0, 60)}`,
})

const alterable = (Object.keys(CASE_VIEW) as ViewName[]).filter(isAltered)

function issuesIn(rule: unknown, scope: Scope): RuleIssue[] {
  const found: RuleIssue[] = []
  for (const issue of issuesOf(rule, scope, [], { parts: 0, nameless: 0 })) if (found.push(issue) === MOST_ISSUES) break
  return found
}

const MOST_ISSUES = 10
type Path = readonly (string | number)[]

/** `nameless`: lists around here of which nobody knows what they are, so that no name in them can be called wrong. */
interface Walk {
  parts: number
  nameless: number
}

/** Returns whether something was wrong. */
function* issuesOf(rule: unknown, scope: Scope, path: Path, state: Walk): Generator<RuleIssue, boolean> {
  const problem = partProblem(rule, path, ++state.parts)
  if (problem !== null) yield { path, message: problem }
  if (problem !== null || typeof rule !== 'object' || rule === null) return problem !== null
  let wrong = false
  if (Array.isArray(rule)) {
    for (const [i, part] of rule.entries()) if (yield* issuesOf(part, scope, [...path, i], state)) wrong = true
    return wrong
  }
  const [[operator, given]] = Object.entries(rule) as [[string, unknown]]
  const args: readonly unknown[] = Array.isArray(given) ? given : [given]
  const at = (i: number): Path => (Array.isArray(given) ? [...path, operator, i] : [...path, operator])
  if (operator === 'var' || operator === 'missing') {
    for (const [i, name] of (operator === 'var' ? args.slice(0, 1) : args).entries()) {
      const message = state.nameless > 0 && typeof name === 'string' ? null : variableProblem(name, scope)
      if (message !== null) {
        wrong = true
        yield { path: at(i), message }
      }
    }
    if (operator === 'var' && typeof args[1] === 'object' && args[1] !== null) {
      wrong = true
      yield { path: at(1), message: 'what stands in the place of a missing value is a text, a number, true or false' }
    }
  } else if (LISTED.has(operator)) {
    const unknown = yield* issuesOf(args[0], scope, at(0), state)
    const fields = elementsOf(args[0], scope)
    if (unknown) state.nameless++
    const inside = yield* issuesOf(args[1], operator === 'reduce' ? reduced(fields) : fields, at(1), state)
    if (unknown) state.nameless--
    const first = operator === 'reduce' && (yield* issuesOf(args[2], scope, at(2), state))
    wrong = unknown || inside || first
  } else for (const [i, part] of args.entries()) if (yield* issuesOf(part, scope, at(i), state)) wrong = true
  return wrong
}

/** What is wrong with one part of a rule whatever its variables say; null: nothing is. */
function partProblem(rule: unknown, path: Path, parts: number): string | null {
  if (parts > MOST_OF_RULE.parts) return `a rule has at most ${MOST_OF_RULE.parts} parts`
  if (path.length > 2 * MOST_OF_RULE.depth) return `a rule is at most ${MOST_OF_RULE.depth} operators deep`
  if (typeof rule === 'string' && rule.length > MOST_OF_RULE.text)
    return `a text has at most ${MOST_OF_RULE.text} characters`
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return null
  const operators = Object.keys(rule)
  const [operator] = operators
  if (operator === undefined || operators.length > 1)
    return 'a rule is an object of one operator, e.g. {"<=": [{"var": "tokens"}, 4000]}'
  const arity = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator]! : null
  if (arity === null) return `"${operator}" is no operator here: ${OPERATOR_NAMES.join(', ')}`
  const given: unknown = Object.values(rule)[0]
  const count = Array.isArray(given) ? given.length : 1
  const [least, most] = arity
  if (operator === 'if' && (count < least || count % 2 === 0))
    return '"if" takes a condition, what holds then, and what holds otherwise'
  if (count >= least && count <= most) return null
  return `"${operator}" takes ${least === most ? least : `${least} to ${most}`} argument${most === 1 ? '' : 's'}, got ${count}`
}

const reduced = (fields: Scope): Scope => ({
  accumulator: 'value',
  current: fields === null ? 'value' : { fields: fields as Record<string, 'value'> },
})

/** Fields of the elements of a list; null: they have no names. */
function elementsOf(rule: unknown, scope: Scope): Scope {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return null
  const [operator, given] = Object.entries(rule)[0] ?? ['', null]
  const first: unknown = Array.isArray(given) ? given[0] : given
  if (operator === 'filter') return elementsOf(first, scope)
  const shape = operator === 'var' && typeof first === 'string' ? shapeAt(first, scope) : null
  return typeof shape === 'object' && shape !== null && 'list' in shape ? shape.list : null
}

/** What stands at a path; null: no case has it. */
function shapeAt(path: string, scope: Scope): Shape | null {
  if (scope === null) return null
  const [name, ...rest] = path.split('.') as [string, ...string[]]
  const shape = Object.hasOwn(scope, name) ? scope[name]! : null
  if (rest.length === 0 || shape === null) return shape
  if (typeof shape !== 'object' || 'list' in shape) return null
  if ('names' in shape) return shape.names
  const [field, ...more] = rest as [string, ...string[]]
  return more.length === 0 && Object.hasOwn(shape.fields, field) ? shape.fields[field]! : null
}

/** Attributes by whose names their records tell the answer. */
const TOLD_BY_THE_RUN =
  /^attributes\.(?:outcome|gold|reference|passed|verdict|utility|(?:is_|was_)?(?:operator_)?corrected|label_disputed|evaluator)(?:$|[._-])/i

function variableProblem(path: unknown, scope: Scope): string | null {
  if (typeof path !== 'string') return 'the name of a variable is a text that stands here, and is not computed'
  const isElement = scope !== WHOLE && scope !== ofRecord && scope !== ofRequest
  if (path === '' && isElement) return null
  const shape = shapeAt(path, scope)
  if (scope === ofRequest && TOLD_BY_THE_RUN.test(path))
    return `"${path}" is called as what is known when a case has run, and a setting is chosen before: where it is known before, import it under another name`
  if (shape !== null && (typeof shape !== 'object' || 'list' in shape || (scope !== WHOLE && scope !== ofRequest)))
    return null
  if (scope !== ofRequest && path.split('.')[0] === 'settings')
    return 'the settings of a candidate are no part of a case, because what shows it the same has one verdict: read recorded_settings'
  if (shape !== null) return `"${path}" is no single value: name one of its fields`
  const known = scope === null ? 'its elements have no names: "" is the element itself' : `there is ${namesIn(scope)}`
  if (scope === ofRequest)
    return shapeAt(path, WHOLE) === null
      ? `no case has "${path}" before it runs: ${known}`
      : `"${path}" is known when a case has run, and a setting is chosen before: ${known}`
  if (scope === ofRecord && shapeAt(path, WHOLE) !== null)
    return `"${path}" may change with a candidate, and what an evaluator is about is told by the recording alone: ${known}`
  return `no ${isElement ? 'element of this list' : 'case'} has "${path}": ${known}`
}

const namesIn = (scope: Readonly<Record<string, Shape>>): string =>
  Object.entries(scope)
    .flatMap(([name, shape]) =>
      typeof shape !== 'object' || 'list' in shape
        ? [name]
        : 'names' in shape
          ? [`${name}.NAME`]
          : Object.keys(shape.fields).map((field) => `${name}.${field}`),
    )
    .join(', ')
