/** What a command leaves when nobody disturbs it, but for what two undisturbed ones leave differently: times and keys. */
import { differing, someOf } from './folder.ts'

type Contents = ReadonlyMap<string, string>

/** Times, digests and codes: what follows from the moment of a command. */
const blurred = (text: string): string =>
  text
    .replace(/\d{4}-?\d\d-?\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/sha256:[0-9a-f]{8,64}|\b[0-9a-f]{12,64}\b/g, 'HEX')
    .replace(/"mac":"[^"]+"/g, 'MAC')
    // Hours since the stage was entered.
    .replace(/"observed":[^,]+,"rule":"deadline"/g, 'HOURS')

/** Whole bytes where two undisturbed commands agree, the same text but for times and digests where they do not. */
export class Outcome {
  readonly #accepted: readonly Contents[]
  readonly #form: (contents: Contents) => Map<string, string>

  /** @param twins what two undisturbed commands left, after one start and after a second one */
  constructor([one, other]: readonly [readonly Contents[], readonly Contents[]]) {
    const moving = new Set(one.flatMap((contents, i) => differing(contents, other[i]!)))
    const form = (contents: Contents): Map<string, string> => {
      const all = new Map<string, string>()
      for (const [name, text] of contents) {
        const loose = moving.has(name) || (!one[0]!.has(name) && !one[1]!.has(name))
        if (loose && name.endsWith('.key')) all.set(name, 'a key')
        else all.set(loose ? blurred(name) : name, loose ? blurred(text) : text)
      }
      return all
    }
    for (const [i, contents] of one.entries()) {
      const still = differing(form(contents), form(other[i]!))
      if (still.length > 0) throw new Error(`two undisturbed commands differ in ${someOf(still)}`)
    }
    this.#form = form
    this.#accepted = one.map(form)
  }

  /** What is not as an undisturbed command leaves it; null: nothing. */
  differs(contents: Contents): string | null {
    const found = this.#form(contents)
    const differences = this.#accepted.map((accepted) => differing(accepted, found))
    const least = differences.sort((a, b) => a.length - b.length)[0]!
    return least.length === 0 ? null : `not as undisturbed: ${someOf(least)}`
  }
}
