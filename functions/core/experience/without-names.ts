/** What was computed from recorded runs, without those that were erased: no value about them stays, and no text that names them. */

/** What stands where a text named something that was erased. */
export const ERASED_TEXT = 'erased'

/** Keys under which an artifact names the recorded run, case or family that a value is about. */
const ABOUT = ['case_id', 'case', 'run_id', 'recording', 'family_id'] as const

/** Words of a text, as names are made of them: an id is found by looking each word up, however many ids there are. */
const WORD = /[\p{L}\p{N}_.:@-]+/gu
const IS_WORD = /^[\p{L}\p{N}_.:@-]*[\p{L}\p{N}_@-]$/u
/** A number and a very short name are words of many sentences: they name a case only where our texts go on so. */
const IS_COMMON = /^(?:\d+|.{1,3})$/u
const NAMES_A_CASE = /^(?::|\/| violates)/

/** Names of what was erased, and what a value is without them. */
export class ErasedNames {
  readonly #names: ReadonlySet<string>
  /** Names that are no single word, as they stand in a text and in JSON. */
  readonly #phrases: readonly string[]

  /** @param names ids of runs and cases, and names of families, of which nothing is left */
  constructor(names: ReadonlySet<string>) {
    this.#names = names
    this.#phrases = [...names]
      .filter((name) => !IS_WORD.test(name))
      .flatMap((name) => [name, JSON.stringify(name).slice(1, -1)])
  }

  /** May a JSON text name one of them? Quick; true is no proof. */
  mayStandIn(json: string): boolean {
    for (const [word] of json.matchAll(WORD)) if (this.#names.has(bare(word))) return true
    return this.#phrases.some((phrase) => json.includes(phrase))
  }

  /** Is an object about one of them? */
  isAbout(value: unknown): boolean {
    return (
      typeof value === 'object' &&
      value !== null &&
      ABOUT.some((key) => this.#names.has((value as Record<string, unknown>)[key] as string))
    )
  }

  /** The value without them: no such name or object in a list, and no text that tells of one. */
  without(value: unknown): unknown {
    if (typeof value === 'string') return !this.#names.has(value) && this.#isTold(value) ? ERASED_TEXT : value
    if (Array.isArray(value))
      return value
        .filter((one) => !(typeof one === 'string' && this.#names.has(one)) && !this.isAbout(one))
        .map((one) => this.without(one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.without(one)]))
  }

  #isTold(text: string): boolean {
    for (const { 0: word, index } of text.matchAll(WORD)) {
      const name = bare(word)
      if (!this.#names.has(name)) continue
      if (!IS_COMMON.test(name) || NAMES_A_CASE.test(text.slice(index + name.length))) return true
    }
    return this.#phrases.some((phrase) => text.includes(phrase))
  }
}

/** A word without what ends a sentence or opens a reason behind it. */
const bare = (word: string): string => word.replace(/[.:]+$/, '')
