/** How much a run may ask of models, in calls and cents: one budget over everything that it asks for. */
import type { PriceTable } from '#schemas/pack.ts'
import { modelName } from '../live/model-name.ts'
import { type AnswerUsage, answerCents, mostCents, priceOf } from './cost.ts'
import type { ModelRequest } from './request.ts'

export interface ModelBudget {
  readonly calls: number
  /** Null: nobody counts cents of these models. */
  readonly cents: number | null
}

/** What a run has paid, or may have to pay for what is under way. */
export interface Spending {
  readonly calls: number
  readonly cents: number
}

export const NOTHING_SPENT: Spending = { calls: 0, cents: 0 }

/**
 * What a request takes from the budget while it is under way: a call, and the most that it may cost. What is charged at
 * last is what the endpoint says it used, so a budget in cents is missed by no more than the estimates of calls under way.
 * Null: there is no price, and the budget counts cents.
 */
export function reservation(budget: ModelBudget, prices: PriceTable, request: ModelRequest): Spending | null {
  const price = priceOf(prices, request.model)
  if (price === null) return budget.cents === null ? { calls: 1, cents: 0 } : null
  return { calls: 1, cents: mostCents(price, request) }
}

/** What an answer takes from it. One of which no tokens were told costs the most that it may cost. */
export function charge(prices: PriceTable, request: ModelRequest, usage: AnswerUsage | null): Spending {
  const price = priceOf(prices, request.model)
  if (price === null) return { calls: 1, cents: 0 }
  return { calls: 1, cents: (usage && answerCents(price, usage)) ?? mostCents(price, request) }
}

export const plus = (a: Spending, b: Spending): Spending => ({ calls: a.calls + b.calls, cents: a.cents + b.cents })
export const minus = (a: Spending, b: Spending): Spending => ({ calls: a.calls - b.calls, cents: a.cents - b.cents })

/** Why a request may not be asked, and what to do; null: it may. `spent` has what is under way. */
export function overBudget(
  budget: ModelBudget,
  prices: PriceTable,
  spent: Spending,
  request: ModelRequest,
): string | null {
  const next = reservation(budget, prices, request)
  if (next === null)
    return `${prices.price_table} has no price for ${modelName(request.model)}, so a budget in cents cannot be held: add its price`
  const after = plus(spent, next)
  const calls = after.calls <= budget.calls
  // A sum of prices that is no number holds no budget.
  const cents = budget.cents === null || after.cents <= budget.cents
  if (calls && cents) return null
  const [what, of] = calls
    ? [`${round(spent.cents)} cents, and the next call may cost ${round(next.cents)}`, `${budget.cents} cents`]
    : [`${spent.calls} calls`, `${budget.calls} calls`]
  return `the budget of ${of} is spent: ${what}. Nothing is lost: what was answered is kept and is not asked again, so raise the budget and begin again`
}

const round = (cents: number): string => String(Number(cents.toPrecision(3)))
