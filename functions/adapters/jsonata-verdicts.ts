/**
 * Verdicts in JSONata. An expression sees one view and nothing else: no clock, no chance, no text that becomes code, no regular
 * expression, and only so many steps; the same view has the same answer on every machine.
 */
import type { JsonataError, JsonataOptions } from 'jsonata'
import { noVerdict, type VerdictAnswer, verdictAnswerOf } from '#core/evaluate/asked.ts'
import { isOfScale, type MadeUpAnswer, madeUpViews, mistakeOf } from '#core/evaluate/made-up-views.ts'
import { resultKind } from '#core/json-logic.ts'
import { isAtMost } from '#core/statistics/compare.ts'
import type { VerdictSource } from '#ports'
import type { ViewName } from '#schemas/case-view.ts'
import { UserError } from '../errors.ts'

/** The most that one evaluation may take: steps (an element of a list is one), levels, elements of a list, characters of a text. */
const MOST = { steps: 200_000, levels: 500, list: 10_000, text: 10_000 } as const

class NoRegExp {
  constructor() {
    throw new Error('a regular expression')
  }
}

const LIMITS = { stack: MOST.levels, sequence: MOST.list, RegexEngine: NoRegExp } as unknown as JsonataOptions

/** Functions that an expression may name: their result depends on their arguments alone, and is bounded by them. */
const FUNCTIONS = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim contains
  replace split join number floor ceil round abs sqrt power boolean not map zip filter single reduce sift keys lookup append
  exists spread merge reverse each error assert type sort distinct`.split(/\s+/),
)

/** Loaded when it is first needed: few commands ask it anything. */
const engine = async () => (await import('jsonata')).default

/** Why an expression is refused when a suite is read; null: it may be asked. */
export async function jsonataProblem(expression: string): Promise<string | null> {
  const jsonata = await engine()
  let ast: unknown
  try {
    ast = jsonata(expression).ast()
  } catch (error) {
    const { position, message } = error as JsonataError
    return `is no JSONata expression: ${message}${position === undefined ? '' : ` (character ${position})`}`
  }
  const own = new Set<string>()
  const nodes = [...nodesOf(ast)]
  for (const { type, lhs, arguments: names } of nodes) {
    if (type === 'bind' && lhs) own.add(lhs.value)
    if (type === 'lambda') for (const one of names ?? []) own.add(one.value)
  }
  for (const { type, value } of nodes) {
    if (type === 'regex') return 'uses a regular expression, which may run without end: use $contains with a text'
    if (type === 'transform') return 'changes what it is shown: a rule only reads'
    if (type === 'variable' && value !== '' && value !== '$' && !own.has(value) && !FUNCTIONS.has(value))
      return `names $${value}, which is no function here: ${[...FUNCTIONS].join(', ')}`
  }
  return null
}

/** Why an expression that may be asked gives no verdict about any case, for the types of what it reads; null: it may give one. */
export async function jsonataMistake(expression: string, reads: readonly ViewName[]): Promise<string | null> {
  const jsonata = await engine()
  const ask = await metered(expression)
  const words: string[] = []
  const texts: string[] = []
  for (const { type, value } of nodesOf(jsonata(expression).ast()))
    (type === 'name' ? words : type === 'string' ? texts : []).push(value)
  const answers: MadeUpAnswer[] = []
  for (const view of madeUpViews([...new Set(words)], [...new Set(texts)])) {
    const shown = Object.fromEntries(reads.map((name) => [name, plain(view[name])]))
    try {
      const said = await ask(shown)
      if (said === undefined || said === null) answers.push({ isVerdict: false })
      else if (isOfScale(said)) answers.push({ isVerdict: true })
      else answers.push({ mistake: `it gives ${resultKind(said)}` })
    } catch (error) {
      const { code, message } = error as JsonataError
      answers.push(/^T\d/.test(code ?? '') ? { mistake: message } : { isVerdict: false })
    }
  }
  return mistakeOf(answers)
}

const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value)

/** A part of an expression; the types of the package name fewer than there are. */
interface Node {
  readonly type: string
  readonly value: string
  readonly lhs?: Node
  readonly arguments?: readonly Node[]
}

function* nodesOf(ast: unknown): Generator<Node> {
  const seen = new Set<unknown>()
  const waiting: unknown[] = [ast]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    if (typeof (node as Node).type === 'string') yield node as Node
    waiting.push(...Object.values(node))
  }
}

/** An expression as it is asked, within the most that one evaluation may take. */
async function metered(expression: string): Promise<(view: unknown) => Promise<unknown>> {
  const jsonata = await engine()
  let steps = 0
  const compiled = jsonata(expression, LIMITS)
  const hook = (name: string, told: (...of: unknown[]) => void) =>
    compiled.assign(Symbol.for(`jsonata.${name}`) as unknown as string, told)
  const spend = (count: number): void => {
    steps += count
    if (!isAtMost(steps, MOST.steps)) throw new Error(`it took more than ${MOST.steps} steps`)
  }
  hook('__evaluate_entry', () => spend(1))
  // What was made is work as well: each element, and each few characters.
  hook('__evaluate_exit', (_expr, _input, _frame, result) => {
    if (typeof result === 'string') {
      if (!isAtMost(result.length, MOST.text)) throw new Error(`it made a text of more than ${MOST.text} characters`)
      spend(result.length >> 3)
    }
    if (Array.isArray(result)) {
      if (!isAtMost(result.length, MOST.list)) throw new Error(`it made a list of more than ${MOST.list} elements`)
      spend(result.length)
    }
  })
  return async (view) => {
    steps = 0
    return await compiled.evaluate(view)
  }
}

/** What an expression says of each view, canonical JSON each, in their order. */
export async function jsonataAnswers(expression: string, views: readonly string[]): Promise<VerdictAnswer[]> {
  const problem = await jsonataProblem(expression)
  if (problem !== null) return views.map(() => noVerdict(`the expression ${problem}`))
  const ask = await metered(expression)
  const answers: VerdictAnswer[] = []
  for (const view of views)
    try {
      answers.push(verdictAnswerOf(await ask(JSON.parse(view))))
    } catch (error) {
      answers.push(noVerdict(`the expression: ${(error as Error).message}`))
    }
  return answers
}

/** Who judges where no module can run and no model is asked: JSONata alone. */
export const jsonataVerdicts: VerdictSource = {
  cage: null,
  judge: async ({ evaluator, views }) =>
    evaluator.check === 'jsonata'
      ? await jsonataAnswers(evaluator.expression, views)
      : views.map(() => noVerdict(`the ${evaluator.check} of ${evaluator.evaluator_id} cannot be asked here`)),
  async problem(evaluator) {
    if (evaluator.check === 'model')
      throw new UserError(
        `evaluator ${evaluator.evaluator_id} asks a model judge, and none is asked here: work on a folder`,
      )
    if (evaluator.check === 'module')
      throw new UserError(
        `evaluator ${evaluator.evaluator_id} asks the module ${evaluator.module}, which is asked where it runs, and not here`,
      )
    const problem = await jsonataProblem(evaluator.expression)
    return problem && `its expression ${problem}`
  },
}
