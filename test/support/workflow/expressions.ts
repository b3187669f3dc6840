/** JSONata as Step Functions evaluates it: the engine's version, `{% %}` strings anywhere in a value, undefined is an error. */
import jsonata from 'jsonata206'
import { WorkflowError } from './workflow-error.ts'

/** A value with every expression in it evaluated. Throws States.QueryEvaluationError. */
export async function evaluate(value: unknown, bindings: Readonly<Record<string, unknown>>): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((v) => evaluate(v, bindings)))
  if (value !== null && typeof value === 'object') {
    const entries = await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await evaluate(v, bindings)]))
    return Object.fromEntries(entries)
  }
  const match = typeof value === 'string' ? /^\{%([\s\S]*)%\}$/.exec(value) : null
  if (!match) return value
  let result: unknown
  try {
    result = await jsonata(match[1]!).evaluate({}, { ...bindings })
  } catch (error) {
    throw new WorkflowError('States.QueryEvaluationError', `${value}: ${(error as Error).message}`)
  }
  if (result === undefined) throw new WorkflowError('States.QueryEvaluationError', `${value} is undefined`)
  // Results are sequences with marks of their own; what leaves a state is plain JSON.
  return JSON.parse(JSON.stringify(result))
}
