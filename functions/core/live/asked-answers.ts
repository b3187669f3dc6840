/** Which answers of a model a replay stands on, and what is said of them beside a result. */
import type { LiveEvidence } from '#schemas/heldout.ts'
import type { LivePin } from '#schemas/live-model.ts'
import { hostOf, modelName } from './model-name.ts'

/** One answer that a harness got: what was asked and what was answered, by their digests. */
export interface AskedAnswer {
  readonly request: string
  readonly reply: string
  /** When the model gave it, ISO 8601; null: nobody said. */
  readonly at: string | null
  /** It was asked and paid for by another run. */
  readonly other?: true
  /** Name that the endpoint said it answers under. Absent: the one that it was asked by. */
  readonly served?: string
}

/** A question of a sealed version: what answers to its cases are kept for. */
export interface SealedQuestion {
  readonly version: string
  readonly question: number
}

/** Adds up the answers of many replays. */
export class AnswerTally {
  readonly #own = new Set<string>()
  #answers = 0
  readonly #served = new Set<string | undefined>()
  #first: string | null = null
  #last: string | null = null

  add(answers: readonly AskedAnswer[]): void {
    for (const { request, at, other, served } of answers) {
      this.#answers++
      this.#served.add(served)
      if (!other) this.#own.add(request)
      // Times of one form compare as their texts do.
      if (at !== null && (this.#first === null || at < this.#first)) this.#first = at
      if (at !== null && (this.#last === null || at > this.#last)) this.#last = at
    }
  }

  evidence(pin: LivePin): LiveEvidence {
    const asked = modelName(pin.model)
    const served = [...this.#served].map((name) => name ?? asked).toSorted()
    return {
      model: asked,
      host: hostOf(pin),
      answers: this.#answers,
      from_cache: this.#answers === 0 ? 0 : 1 - this.#own.size / this.#answers,
      first: this.#first,
      last: this.#last,
      ...(served.some((name) => name !== asked) && { served }),
    }
  }
}

/** Did the endpoint change its model meanwhile, as it says itself? Then what two arms differ in may be that change. */
export const isOfSeveral = (evidence: LiveEvidence | undefined): boolean => (evidence?.served ?? []).length > 1

/** `gemma3 at 127.0.0.1:8080 gave 812 answers from 2026-11-30T00:10 to 2026-11-30T00:21, 12 % of them kept ones` */
export const evidenceWording = ({ model, host, answers, from_cache, first, last, served }: LiveEvidence): string =>
  `${model} at ${host}${served ? `, which says that it is ${served.join(' and ')},` : ''} gave ${answers} answers${first === null || last === null ? '' : ` from ${first.slice(0, 16)} to ${last.slice(0, 16)}`}, ${Number((100 * from_cache).toPrecision(3))} % of them kept ones`

/** Who answers in a live run and who says so, a line for everything that comes of it. */
export const liveLine = (pin: LivePin): string =>
  `asked live, in both arms: ${modelName(pin.model)} at ${hostOf(pin)}, temperature ${pin.temperature}, seed ${pin.seed ?? 'none'}, at most ${pin.max_tokens} tokens an answer; signed by ${pin.owner} on ${pin.on}`
