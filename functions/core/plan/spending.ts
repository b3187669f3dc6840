/** What recording for a plan may spend, and has spent: nothing begins that might go beyond it. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { callCents } from '../replay/price.ts'
import { isAtMost } from '../statistics/compare.ts'

/** Cents of a run's model calls at pinned prices; null: a call has no price or no counted tokens, or there is no call. */
export function centsOfRun({ steps }: Pick<ExperienceRun, 'steps'>, prices: PriceTable | null): number | null {
  const calls = steps.filter((step) => step.kind === 'model_call')
  if (calls.length === 0) return null
  let sum = 0
  for (const { model, prompt_tokens: prompt, completion_tokens: completion, ...call } of calls) {
    const price = prices?.models[model ?? '']
    if (!price || prompt === null || completion === null) return null
    sum += callCents(price, {
      prompt,
      completion,
      cached: call.cached_prompt_tokens,
      cacheWrite: call.cache_write_tokens,
      reasoning: call.reasoning_tokens,
    })
  }
  return sum
}

/** What may be spent on a plan in all; null: no limit of that kind. */
export interface RecordingBudget {
  readonly cents: number | null
  readonly calls: number | null
}

/** Counts the recordings of one plan. A recording in flight counts as the dearest that is known. */
export class Spending {
  readonly #budget: RecordingBudget
  #dearest: number | null
  #cents = 0
  #calls = 0
  #inFlight = 0
  /** A recording whose cost nobody can count; null: there is none. */
  #uncounted: string | null = null

  /** @param dearest the dearest recorded run among those that are to be recorded; null: not known */
  constructor(budget: RecordingBudget, dearest: number | null) {
    this.#budget = budget
    this.#dearest = dearest
  }

  get cents(): number {
    return this.#cents
  }

  get calls(): number {
    return this.#calls
  }

  /** Why nothing more may begin; null: something may. */
  get stop(): string | null {
    const { cents, calls } = this.#budget
    if (calls !== null && !isAtMost(this.#calls + this.#inFlight + 1, calls))
      return `${calls} recordings were tried, which is the limit`
    if (cents === null) return null
    if (this.#uncounted !== null)
      return `${this.#uncounted} counted no tokens, so nobody knows its cents: record under a limit of --calls`
    if (this.#dearest === null) return 'nobody knows what a recording costs: record under a limit of --calls'
    return isAtMost(this.#cents + (this.#inFlight + 1) * this.#dearest, cents)
      ? null
      : `${tidy(this.#cents)} of ${cents} cents are spent, and another recording may cost ${tidy(this.#dearest)}`
  }

  begin(): void {
    this.#inFlight++
  }

  /** One that ended. `cents` null: nobody counted them; of one that failed they are taken for the dearest. */
  end(name: string, cents: number | null, hasFailed = false): void {
    this.#inFlight--
    this.add(name, hasFailed ? (cents ?? this.#dearest) : cents)
  }

  /** One of an earlier command. */
  add(name: string, cents: number | null): void {
    this.#calls++
    if (cents === null) this.#uncounted ??= name
    else {
      this.#cents += cents
      this.#dearest = Math.max(this.#dearest ?? 0, cents)
    }
  }
}

const tidy = (cents: number): string => String(Number(cents.toPrecision(4)))
