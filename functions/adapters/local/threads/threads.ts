/** Threads side by side, each started when the others are busy. */
import { Thread, type ThreadOptions } from './thread.ts'

export class Threads<Q, A> {
  readonly #started: Thread<Q, A>[] = []
  readonly #most: number
  readonly #options: () => ThreadOptions

  /** @param options asked whenever one is started; its number is added to the name */
  constructor(most: number, options: () => ThreadOptions) {
    this.#most = most
    this.#options = options
  }

  /** Has every thread that there may be as many questions under way? */
  areBusy(questions: number): boolean {
    return this.#started.length === this.#most && this.#started.every(({ underWay }) => underWay >= questions)
  }

  /** Asks the idlest one. */
  async ask(question: Q): Promise<A> {
    return await this.#idlest().ask(question)
  }

  close(): void {
    for (const thread of this.#started) thread.close()
  }

  #idlest(): Thread<Q, A> {
    const free = this.#started.toSorted((a, b) => a.underWay - b.underWay)[0]
    if (free && (free.underWay === 0 || this.#started.length === this.#most)) return free
    const options = this.#options()
    const fresh = new Thread<Q, A>({ ...options, name: `${options.name} ${this.#started.length + 1}` })
    this.#started.push(fresh)
    return fresh
  }
}
