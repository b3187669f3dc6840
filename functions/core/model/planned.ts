/** What is about to be asked of models, and its price: said before the first call. */
import type { PinnedModel } from '#schemas/model.ts'
import type { Purpose } from '#schemas/model-usage.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { modelName, modelPlace } from '../live/model-name.ts'
import { callCents } from '../replay/price.ts'
import type { ModelBudget } from './budget.ts'
import { priceOf } from './cost.ts'

/** Calls that are alike: `calls` prompts of `prompt_tokens` each, by estimate, and answers of at most `max_tokens`. */
interface PlannedCalls {
  readonly purpose: Purpose
  readonly model: PinnedModel
  /** Most that will be asked; answers that are kept already make it fewer. */
  readonly calls: number
  readonly prompt_tokens: number
  readonly max_tokens: number
}

/** Most cents of a plan; null: a model has no price. */
export function plannedCents(plan: readonly PlannedCalls[], prices: PriceTable): number | null {
  let cents = 0
  for (const { model, calls, prompt_tokens, max_tokens } of plan) {
    const price = priceOf(prices, model)
    if (price === null) return null
    cents += calls * callCents(price, { prompt: prompt_tokens, completion: max_tokens })
  }
  return cents
}

/** A plan for people, a line a purpose and one for the sum. */
export function plannedText(plan: readonly PlannedCalls[], prices: PriceTable, budget: ModelBudget): string[] {
  const sum = plan.reduce((all, part) => all + part.calls, 0)
  const cents = plannedCents(plan, prices)
  const over = sum > budget.calls || (budget.cents !== null && cents !== null && cents > budget.cents)
  return [
    ...plan.map(
      (part) =>
        `${part.purpose}: at most ${calls(part.calls)} of ${modelName(part.model)} at ${modelPlace(part.model)}, ${priced(plannedCents([part], prices))}`,
    ),
    `in all at most ${calls(sum)}, ${priced(cents)} by ${prices.price_table}; answers that are kept cost nothing again`,
    `budget ${calls(budget.calls)}${budget.cents === null ? '' : `, ${budget.cents} cents`}${over ? ': it may end before the plan does, and what was answered until then is kept' : ''}`,
  ]
}

const priced = (cents: number | null): string =>
  cents === null ? 'of no known price' : `${cents < 10 ? Number(cents.toPrecision(2)) : Math.ceil(cents)} cents`

/** So many calls, in words. */
const calls = (n: number): string => (n === 1 ? '1 call' : `${n} calls`)
