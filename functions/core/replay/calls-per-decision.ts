/** How often recorded decisions call a model, and what a token more in each of those calls costs. */
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'

export interface CallsPerDecision {
  /** Model calls of a decision, in the mean; null: no call was recorded. */
  readonly calls_per_decision: number | null
  /** Tokens of model input of a decision, in the mean; null: not recorded of every call. */
  readonly tokens_per_decision: number | null
  /** Cents of a decision that one more prompt token in each of its calls costs; null: a call has no model, or it no price. */
  readonly cents_per_token: number | null
}

/** Counts while decisions pass. */
export class CallCounts {
  readonly #prices: PriceTable | null
  #decisions = 0
  #calls = 0
  #tokens: number | null = 0
  #cents: number | null = 0

  constructor(prices: PriceTable | null) {
    this.#prices = prices
  }

  add({ calls }: Pick<Recording, 'calls'>): void {
    this.#decisions++
    for (const [i, model] of calls.model.entries()) {
      this.#calls++
      const tokens = calls.prompt_tokens[i] ?? null
      this.#tokens = this.#tokens === null || tokens === null ? null : this.#tokens + tokens
      const price = model === null ? undefined : this.#prices?.models[model]?.prompt_cents_per_million
      this.#cents = this.#cents === null || price === undefined ? null : this.#cents + price / 1e6
    }
  }

  means(): CallsPerDecision {
    const mean = (sum: number | null): number | null =>
      this.#calls === 0 || sum === null ? null : sum / this.#decisions
    return {
      calls_per_decision: mean(this.#calls),
      tokens_per_decision: mean(this.#tokens),
      cents_per_token: mean(this.#cents),
    }
  }
}
