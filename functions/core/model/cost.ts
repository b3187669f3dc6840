/** What a call of a model costs, before it is asked and after. */
import type { ModelAnswer } from '#schemas/harness.ts'
import type { PinnedModel } from '#schemas/model.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { modelName } from '../live/model-name.ts'
import { callCents } from '../replay/price.ts'
import { estimatedTokens } from '../space/prompt/tokens.ts'
import type { ModelRequest } from './request.ts'

type Price = PriceTable['models'][string]

/** Where a target names no price table: a budget in cents cannot be held by it. */
export const NO_PRICES: PriceTable = { price_table: 'no price table of the target', models: {} }

/** Price of a model, by its ARN or by its name; null: the table does not have it. */
export function priceOf(prices: PriceTable, model: PinnedModel): Price | null {
  const names = model.provider === 'bedrock' ? [model.model_arn, modelName(model)] : [model.model]
  const name = names.find((n) => Object.hasOwn(prices.models, n))
  return name === undefined ? null : prices.models[name]!
}

/** Tokens that an answer used, where the endpoint told them. */
export interface AnswerUsage extends Pick<ModelAnswer, 'prompt_tokens' | 'completion_tokens'> {
  readonly cached_prompt_tokens?: number
  readonly reasoning_tokens?: number
}

/** Cents of an answer; null: the endpoint told no tokens, or there is no price. */
export function answerCents(price: Price | null, usage: AnswerUsage): number | null {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage
  if (price === null || prompt === null || completion === null) return null
  return callCents(price, {
    prompt,
    completion,
    cached: usage.cached_prompt_tokens,
    reasoning: usage.reasoning_tokens,
  })
}

/**
 * Most that a request may cost: its prompt by estimate, and the longest answer; all of it reasoning, or written into a cache, where
 * that is dearer.
 */
export function mostCents(price: Price, { prompt, max_tokens }: Pick<ModelRequest, 'prompt' | 'max_tokens'>): number {
  const tokens = estimatedTokens(prompt)
  const isDearer = (part: number | undefined, whole: number) => part !== undefined && part > whole
  const written = isDearer(price.cache_write_cents_per_million, price.prompt_cents_per_million) ? tokens : 0
  const reasoning = isDearer(price.reasoning_cents_per_million, price.completion_cents_per_million) ? max_tokens : 0
  return callCents(price, { prompt: tokens, completion: max_tokens, cacheWrite: written, reasoning })
}
