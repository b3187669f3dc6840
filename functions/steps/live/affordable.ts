/** Does a budget hold what a live run is about to ask? Told before anything is asked, and before a question is opened. */
import type { ModelBudget } from '#core/model/budget.ts'
import type { LivePin } from '#schemas/live-model.ts'
import { UserError } from '../../errors.ts'

/** The search cases of a live run, as far as what they ask is to be told beforehand. */
export interface LiveSet {
  readonly cases: number
  /** Model calls and prompt tokens of one case, as recorded, on average. */
  readonly calls: number
  readonly tokens: number
}

/** Calls of the baseline on the search side. Throws UserError where the budget does not hold them. */
export function needBaseline(
  { repeats }: Pick<LivePin, 'repeats'>,
  budget: Pick<ModelBudget, 'calls'>,
  { cases, calls }: Pick<LiveSet, 'cases' | 'calls'>,
): number {
  const baseline = Math.ceil(repeats * cases * calls)
  if (baseline > budget.calls)
    throw new UserError(
      `the baseline alone takes ${baseline} calls (${repeats} draws of ${cases} search cases, ${Number(calls.toPrecision(2))} ${calls === 1 ? 'call' : 'calls'} each as recorded), and budget.calls is ${budget.calls}: raise it and sign again. Nothing was asked`,
    )
  return baseline
}

/** Both arms of a question, as far as they can be told beforehand. */
export interface BothArms {
  readonly listed: number
  /** Sealed cases. */
  readonly cases: number
  /** Calls of one replay, as often as the harness asked on the search side. */
  readonly perReplay: number
}

/** Throws UserError where what is left does not hold both arms of a question. */
export function needBothArms(
  budget: Pick<ModelBudget, 'calls'>,
  paid: number,
  { listed, cases, perReplay }: BothArms,
): void {
  const needed = Math.ceil((1 + listed) * cases * perReplay)
  const left = budget.calls - paid
  if (needed > left)
    throw new UserError(
      `the sealed side takes ${needed} calls (baseline and ${listed} candidates on ${cases} cases), and ${left} of ${budget.calls} are left: raise budget.calls, sign again and give the same command. No question was asked, and what was answered is kept`,
    )
}
