/** What the recorded search cases say that proposers predict by: how often a model is called, and what a token costs there. */
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { labelOf } from '../evaluate/label.ts'
import { servedOf } from '../replay/served.ts'

export interface SearchFacts {
  readonly cases: number
  /** Model calls of a decision, in the mean; null: no call was recorded. */
  readonly calls_per_decision: number | null
  /** Tokens of model input of a decision, in the mean; null: not recorded of every call. */
  readonly tokens_per_decision: number | null
  /** Cents of a decision that one more prompt token in each of its calls costs; null: a call has no model, or it no price. */
  readonly cents_per_token: number | null
  /** Case of a recorded run. */
  readonly caseOf: ReadonlyMap<string, string>
  /** The first recordings of cases that failed, as their label stands: so many as anybody looks at. */
  readonly failed: readonly FailedRecording[]
}

/** Where a failed case is found. */
export interface FailedRecording {
  readonly case_id: string
  readonly recording: Pick<Recording, 'run_id'> & { readonly recorded: Pick<Recording['recorded'], 'decision_record'> }
}

const MOST_FAILED = 50

/** Counts while search cases pass; of a case with several recordings the first that was served speaks. */
export class FactsOfSearch {
  readonly #prices: PriceTable | null
  readonly #caseOf = new Map<string, string>()
  readonly #failed: FailedRecording[] = []
  #cases = 0
  #calls = 0
  #tokens: number | null = 0
  #cents: number | null = 0

  constructor(prices: PriceTable | null) {
    this.#prices = prices
  }

  add({ case_id, recordings }: Pick<ReplayCase, 'case_id' | 'recordings'>): void {
    for (const { run_id } of recordings) this.#caseOf.set(run_id, case_id)
    this.#cases++
    const first = servedOf(recordings)
    const { calls, run_id, recorded } = first
    if (this.#failed.length < MOST_FAILED && labelOf(first).passed === false)
      this.#failed.push({ case_id, recording: { run_id, recorded: { decision_record: recorded.decision_record } } })
    for (const [i, model] of calls.model.entries()) {
      this.#calls++
      const tokens = calls.prompt_tokens[i] ?? null
      this.#tokens = this.#tokens === null || tokens === null ? null : this.#tokens + tokens
      const price = model === null ? undefined : this.#prices?.models[model]?.prompt_cents_per_million
      this.#cents = this.#cents === null || price === undefined ? null : this.#cents + price / 1e6
    }
  }

  facts(): SearchFacts {
    const isKnown = this.#cases > 0 && this.#calls > 0
    return {
      cases: this.#cases,
      calls_per_decision: isKnown ? this.#calls / this.#cases : null,
      tokens_per_decision: isKnown && this.#tokens !== null ? this.#tokens / this.#cases : null,
      cents_per_token: isKnown && this.#cents !== null ? this.#cents / this.#cases : null,
      caseOf: this.#caseOf,
      failed: this.#failed,
    }
  }
}
