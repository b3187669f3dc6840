/** Check `expression`: a rule of the suite's own in JsonLogic, over what a replay shows of a case. */
import { namesRead, saysOfRecord, type ViewName } from '#schemas/case-view.ts'
import type { BreaksRow } from '#schemas/surface-fields.ts'
import { compileRule, type Rule } from '../../json-logic.ts'
import { recordedView, viewOf } from '../case-view.ts'
import { breaksOfNames, type Check, type Of } from './check.ts'
import { answerOf, judgedBy, lookedAtBy } from './result.ts'

export const expression: Check<'expression'> = {
  judge(r, evaluator) {
    const { rule, applies, names } = compiled(evaluator)
    const view = viewOf(names, r)
    return judgedBy(evaluator, view, applies, () => answerOf(rule, view))
  },
  look(recording, evaluator, baseline) {
    const { rule, applies, names } = compiled(evaluator)
    const view = recordedView(names, recording, baseline)
    return lookedAtBy(evaluator, view, applies, () => answerOf(rule, view))
  },
  needsVerdict: true,
  breaks: (evaluator) => compiled(evaluator).breaks,
  readsLabel: (evaluator) => compiled(evaluator).names.includes('label'),
  ofRecord: (evaluator) => compiled(evaluator).names.some(saysOfRecord),
  lacks: 'what its expression reads is not recorded: "autotune doctor --verbose" names the first case and the value',
}

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
    breaks: breaksOfNames(names),
  }
  known.set(evaluator, made)
  return made
}
