/** What the result of a rule of one's own is worth: true, false or a number of its range; anything else is not measured. */
import type { Evaluator } from '#schemas/suite.ts'
import { NoResult, type Rule, resultKind } from '../../json-logic.ts'
import { isAtLeast, isWithin } from '../../statistics/compare.ts'
import type { Exposure } from '../exposures.ts'
import { fail, finding, pass, unmeasured, type Verdict } from './check.ts'

/** An evaluator of a rule of one's own. */
type Ruled = Extract<Evaluator, { applies_when?: unknown }>

const WHO = { module: 'module', model: 'judge', jsonata: 'expression', expression: 'expression' } as const

/** Verdict of a rule about a view. `applies`: says whether it is about the case at all; null: about every one. */
export function judgedBy(evaluator: Ruled, view: unknown, applies: Rule | null, resultOf: () => unknown): Verdict {
  if (applies !== null) {
    const isAbout = answerOf(applies, view)
    if (isAbout === false) return pass
    if (isAbout !== true)
      return unmeasured(`${evaluator.evaluator_id}: applies_when has no result: ${wordsOf(isAbout, 'true or false')}`)
  }
  const result = resultOf()
  const range = evaluator.range ?? [0, 1]
  const at =
    typeof result === 'boolean'
      ? { score: Number(result), passed: result }
      : typeof result === 'number'
        ? onScale(result, evaluator)
        : null
  if (at === null)
    return unmeasured(
      `${evaluator.evaluator_id}: no result: ${wordsOf(result, `true, false or a number of ${range[0]} to ${range[1]}`)}`,
    )
  if (at.passed) return { ...pass, score: at.score }
  const says = evaluator.says ?? `the ${WHO[evaluator.check]} gave ${result}`
  return fail([finding(`${evaluator.evaluator_id}: ${says}`)], at.score)
}

/** What it has to look at in a recording, of which `view` tells. */
export function lookedAtBy(evaluator: Ruled, view: unknown, applies: Rule | null, resultOf: () => unknown): Exposure {
  if (applies !== null && answerOf(applies, view) === false) return 'not_at_stake'
  return judgedBy(evaluator, view, applies, resultOf).score === null ? 'not_recorded' : 'exposed'
}

/** The result of a rule, or why it has none. */
export function answerOf(rule: Rule, view: unknown): unknown {
  try {
    return rule(view)
  } catch (error) {
    if (error instanceof NoResult) return error
    throw error
  }
}

const wordsOf = (result: unknown, wanted: string): string =>
  result instanceof NoResult
    ? result.message
    : `it gave ${typeof result === 'number' ? result : resultKind(result)}, wanted ${wanted}`

/** The scale of an evaluator. */
interface Scale {
  readonly range?: readonly [number, number] | undefined
  readonly passes_at?: number | undefined
}

/** Score and pass of a value; null: it does not lie on the scale, and so is no measurement. */
export function onScale(
  value: number,
  { range = [0, 1], passes_at }: Scale,
): { readonly score: number; readonly passed: boolean } | null {
  const [least, most] = range
  if (!isWithin(value, least, most)) return null
  // Rounding may carry the quotient past its ends.
  const score = Math.min(1, Math.max(0, (value - least) / (most - least)))
  return { score, passed: isAtLeast(value, passes_at ?? most) }
}
