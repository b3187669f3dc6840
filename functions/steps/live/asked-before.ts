/** What the search cases of a live run asked a model when they were recorded: told before they ask anew. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { LiveSet } from './affordable.ts'

/** Counts over case lines. */
export class AskedBefore {
  #cases = 0
  #calls = 0
  #tokens = 0

  add(line: string): void {
    const { calls: were, evidence } = (JSON.parse(line) as ReplayCase).recordings[0]!
    this.#cases++
    this.#calls += Math.max(1, were.step.length)
    const counted = were.prompt_tokens.filter((n) => n !== null)
    this.#tokens += (counted.length > 0 ? counted : evidence.tokens).reduce((sum, n) => sum + n, 0)
  }

  get set(): LiveSet {
    const cases = Math.max(1, this.#cases)
    return { cases: this.#cases, calls: this.#calls / cases, tokens: this.#tokens / cases }
  }
}
