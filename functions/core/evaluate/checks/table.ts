/** Every check of a suite by its name. A new one is its contract in `schemas/suite.ts`, and an entry in the file here that is about the same. */
import type { Evaluator } from '#schemas/suite.ts'
import { ACTION_CHECKS } from './actions.ts'
import { ASKED_CHECKS } from './asked-checks.ts'
import type { Check } from './check.ts'
import { CONTEXT_CHECKS } from './context.ts'
import { expression } from './expression.ts'
import { OUTCOME_CHECKS } from './outcomes.ts'
import { recordedVerdict } from './recorded-verdict.ts'

export const CHECKS: { readonly [K in Evaluator['check']]: Check<K> } = {
  ...CONTEXT_CHECKS,
  ...ACTION_CHECKS,
  ...OUTCOME_CHECKS,
  ...ASKED_CHECKS,
  recorded_verdict: recordedVerdict,
  expression,
}

/** The check of an evaluator, as anybody asks it: its options are those of its own line of the suite. */
export const checkOf = ({ check }: Pick<Evaluator, 'check'>): Check<never> => CHECKS[check] as unknown as Check<never>
