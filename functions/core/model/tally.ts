/**
 * What answers of models cost, apart by what they were asked for and by model. Whole numbers are summed, so that the sums
 * are the same in whatever order the answers came.
 */
import type { ModelUsage, Purpose } from '#schemas/model-usage.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { byCodeUnit, canonical } from '../canonical.ts'
import { type AnswerUsage, answerCents, priceOf } from './cost.ts'
import type { ModelRequest } from './request.ts'

/** One answer, as it is counted. Each request counts once, however often it is asked. */
export interface CountedAnswer {
  readonly request: Pick<ModelRequest, 'model'>
  /** Null: a refusal, which tells no tokens. */
  readonly usage: AnswerUsage | null
  /** When the model gave it; null: not said. */
  readonly at: string | null
  /** This run paid for it, now or before it was begun again. */
  readonly paid: boolean
}

/** Sums over the answers of one model for one purpose, before they are priced. A time is null where one answer does not say it. */
type Sums = Readonly<Omit<ModelUsage, 'cents'>>

/** Sums by purpose and model. */
export type Tally = ReadonlyMap<string, Sums>

export const NOTHING_ASKED: Tally = new Map()

/** A tally with one more answer. */
export function tallied(tally: Tally, purpose: Purpose, { request, usage, at, paid }: CountedAnswer): Tally {
  const { model } = request
  const key = `${ORDER[purpose]} ${canonical(model)}`
  const sum = tally.get(key)
  // A refusal tells no tokens and is not paid by them.
  const counted = paid && usage !== null ? usage : UNPAID
  return new Map(tally).set(key, {
    purpose,
    model,
    answers: (sum?.answers ?? 0) + 1,
    paid: (sum?.paid ?? 0) + (paid ? 1 : 0),
    refused: (sum?.refused ?? 0) + (usage === null ? 1 : 0),
    prompt_tokens: add(sum, 'prompt_tokens', counted.prompt_tokens),
    completion_tokens: add(sum, 'completion_tokens', counted.completion_tokens),
    cached_prompt_tokens: (sum?.cached_prompt_tokens ?? 0) + (counted.cached_prompt_tokens ?? 0),
    reasoning_tokens: (sum?.reasoning_tokens ?? 0) + (counted.reasoning_tokens ?? 0),
    first_at: sum === undefined ? at : outer(sum.first_at, at, (a, b) => a < b),
    last_at: sum === undefined ? at : outer(sum.last_at, at, (a, b) => a > b),
  })
}

/** The tally for people and for what is stored: by purpose, then by model. */
export const usageRows = (tally: Tally, prices: PriceTable): ModelUsage[] =>
  [...tally.keys()].sort(byCodeUnit).map((key) => {
    const sums = tally.get(key)!
    return { ...sums, cents: answerCents(priceOf(prices, sums.model), sums) }
  })

/** In which purposes are told. Beside their schema, whose library no function needs to load. */
const ORDER: Readonly<Record<Purpose, number>> = { replay: 0, judge: 1, proposer: 2 }

const UNPAID: AnswerUsage = { prompt_tokens: 0, completion_tokens: 0 }

function add(sum: Sums | undefined, field: 'prompt_tokens' | 'completion_tokens', next: number | null): number | null {
  const before = sum === undefined ? 0 : sum[field]
  return before === null || next === null ? null : before + next
}

/** Instants have one length: text order is time order. */
const outer = (a: string | null, b: string | null, isOuter: (a: string, b: string) => boolean): string | null =>
  a === null || b === null ? null : isOuter(b, a) ? b : a
