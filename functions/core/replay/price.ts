/** Cents of one model call at pinned prices: what a cache and reasoning cost apart is priced apart. */
import type { PriceTable } from '#schemas/pack.ts'

/** Tokens of a call: `prompt` is the whole input and `completion` the whole output, the others are parts of them. */
interface CallUsage {
  readonly prompt: number
  readonly completion: number
  readonly cached?: number | null | undefined
  readonly cacheWrite?: number | null | undefined
  readonly reasoning?: number | null | undefined
  /** Input that was cut from the recorded one: nobody recorded whether it was cached, so it is taken for the cheapest. */
  readonly cut?: number
}

/** Cents of a call. A part without a price of its own costs what the whole costs. */
export function callCents(price: PriceTable['models'][string], usage: CallUsage): number {
  const { prompt_cents_per_million: input, completion_cents_per_million: output } = price
  const { prompt, completion } = usage
  if (!usage.cached && !usage.cacheWrite && !usage.reasoning) return (prompt * input + completion * output) / 1e6
  const reasoning = Math.min(usage.reasoning ?? 0, completion)
  const cached = Math.min(Math.max(0, (usage.cached ?? 0) - Math.max(0, usage.cut ?? 0)), prompt)
  const written = Math.min(usage.cacheWrite ?? 0, prompt - cached)
  const sum =
    (prompt - cached - written) * input +
    cached * (price.cached_prompt_cents_per_million ?? input) +
    written * (price.cache_write_cents_per_million ?? input) +
    (completion - reasoning) * output +
    reasoning * (price.reasoning_cents_per_million ?? output)
  return sum / 1e6
}
