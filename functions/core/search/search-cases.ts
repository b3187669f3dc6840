/** The cases of a search by index. As many as memory carries stay at hand; the others are put aside, and read when they are looked at. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { RecordList, TEXT } from '../bytes/record-list.ts'
import type { Records } from '../bytes/records.ts'
import { SharedValues, type SlimCase, slim } from '../replay/slim.ts'
import type { Series } from '../statistics/series.ts'

/** Characters of the cases at hand, as JSON. With the columns that are prepared of them they take some three times as many bytes. */
const AT_HAND = 32 * 1024 * 1024

export class SearchCases implements Series<SlimCase> {
  readonly #shared = new SharedValues()
  readonly #atHand: SlimCase[] = []
  readonly #aside: RecordList<string>
  readonly #most: number
  #chars = 0
  /** A search asks several things of a case, one after the other. */
  #last: { readonly index: number; readonly case: SlimCase } | null = null

  constructor(aside: Records, atHand = AT_HAND) {
    this.#aside = new RecordList(aside, TEXT)
    this.#most = atHand
  }

  get length(): number {
    return this.#atHand.length + this.#aside.length
  }

  /** Adds a case whose baseline is proved. */
  add(replayCase: ReplayCase): void {
    const kept = slim(replayCase)
    const text = JSON.stringify(kept)
    this.#chars += text.length
    if (this.#chars <= this.#most) this.#atHand.push(this.#shared.share(kept))
    else this.#aside.add(text)
  }

  at(index: number): SlimCase | undefined {
    if (index < this.#atHand.length) return this.#atHand[index]
    if (this.#last?.index === index) return this.#last.case
    const text = this.#aside.at(index - this.#atHand.length)
    if (text === undefined) return undefined
    this.#last = { index, case: this.#shared.shareSettings(JSON.parse(text) as SlimCase) }
    return this.#last.case
  }

  *[Symbol.iterator](): Generator<SlimCase> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }
}
