/** Check `expression`: a rule of the suite's own in JsonLogic, over what a replay shows of a case. */
import { CASE_VIEW, namesRead, type ViewName } from '#schemas/case-view.ts'
import type { Breaks, BreaksRow } from '#schemas/surface-fields.ts'
import { compileRule, NoResult, type Rule, resultKind } from '../../json-logic.ts'
import { recordedView, viewOf } from '../case-view.ts'
import { type Check, fail, finding, type Of, pass, unmeasured, type Verdict } from './check.ts'
import { onScale } from './scale.ts'

export const expression: Check<'expression'> = {
  judge(r, evaluator) {
    const { rule, applies, names } = compiled(evaluator)
    const view = viewOf(names, r)
    return verdictOf(evaluator, view, applies, rule)
  },
  look(recording, evaluator, baseline) {
    const { rule, applies, names } = compiled(evaluator)
    const view = recordedView(names, recording, baseline)
    const isAbout = applies === null ? true : answerOf(applies, view)
    if (isAbout === false) return 'not_at_stake'
    return verdictOf(evaluator, view, applies, rule).score === null ? 'not_recorded' : 'exposed'
  },
  needsVerdict: true,
  breaks: (evaluator) => compiled(evaluator).breaks,
  readsLabel: (evaluator) => compiled(evaluator).names.includes('label'),
  lacks: 'what its expression reads is not recorded: "autotune doctor --verbose" names the first case and the value',
}

function verdictOf(evaluator: Of<'expression'>, view: unknown, applies: Rule | null, rule: Rule): Verdict {
  if (applies !== null) {
    const isAbout = answerOf(applies, view)
    if (isAbout === false) return pass
    if (isAbout !== true)
      return unmeasured(`${evaluator.evaluator_id}: applies_when has no result: ${wordsOf(isAbout, 'true or false')}`)
  }
  const result = answerOf(rule, view)
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
  return fail([finding(`${evaluator.evaluator_id}: ${evaluator.says ?? `the expression gave ${result}`}`)], at.score)
}

/** The result of a rule, or why it has none. */
function answerOf(rule: Rule, view: unknown): unknown {
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

interface Compiled {
  readonly rule: Rule
  readonly applies: Rule | null
  readonly names: readonly ViewName[]
  readonly breaks: BreaksRow
}

/** By evaluator: a suite is read once, and asked of every case. */
const known = new WeakMap<Of<'expression'>, Compiled>()

function compiled(evaluator: Of<'expression'>): Compiled {
  const before = known.get(evaluator)
  if (before) return before
  const { expression: rule, applies_when } = evaluator
  const names = [...new Set([...namesRead(rule), ...namesRead(applies_when ?? null)])]
  const made: Compiled = {
    rule: compileRule(rule),
    applies: applies_when === undefined ? null : compileRule(applies_when),
    names,
    breaks: [0, 1, 2, 3, 4].map((layer) => worst(names.map((name) => CASE_VIEW[name].breaks[layer]!))) as never,
  }
  known.set(evaluator, made)
  return made
}

/** What any value that is read can show, the whole can. */
const worst = (all: readonly Breaks[]): Breaks =>
  all.includes('any') ? 'any' : all.includes('decides') ? 'decides' : 'never'
