/** Are the answers of a model that a live run stands on still kept, word for word? Asks nobody. */
import type { AskedAnswer, SealedQuestion } from '#core/live/asked-answers.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { Lines, LiveReplays } from '../../ports.ts'

/** Looks at each of them once, and says which is the first that is gone or was changed. */
export class AnswersKept {
  readonly #live: LiveReplays
  readonly #looked = new Set<string>()
  #first: string | null = null
  #lost = 0

  constructor(live: LiveReplays) {
    this.#live = live
  }

  /** @param sealed the question that they were given for; null: they are of the search side */
  async look(answers: AsyncIterable<AskedAnswer>, sealed: SealedQuestion | null): Promise<void> {
    for await (const answer of answers) {
      const key = `${sealed?.version} ${answer.request} ${answer.reply}`
      if (this.#looked.has(key)) continue
      this.#looked.add(key)
      const problem = await this.#live.problemOf(answer, sealed)
      if (problem === null) continue
      this.#lost++
      this.#first ??= `${sealed === null ? '' : `of question ${sealed.question} in the vault: `}${problem}`
    }
  }

  /** In words; null: all of them are there. */
  problem(): string | null {
    if (this.#first === null) return null
    return `${this.#lost} of ${this.#looked.size} are not what the run was computed from. The first: ${this.#first}`
  }
}

/** Answers behind the replies of a harness, a line each. */
export async function* repliedAnswers(lines: Lines): AsyncGenerator<AskedAnswer> {
  for await (const line of lines) yield* (JSON.parse(line) as { readonly reply: HarnessReply }).reply.answers ?? []
}
