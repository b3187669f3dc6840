/** The cases of a search by index. As many as memory carries stay at hand; the others are put aside, and read when they are looked at. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { RecordList, TEXT } from '../bytes/record-list.ts'
import type { Records } from '../bytes/records.ts'
import { SharedText, SharedValues, type SlimCase, slim } from '../replay/slim.ts'
import type { Series } from '../statistics/series.ts'
import { SHARD_BLOCK } from './shard-question.ts'

/** Characters of the cases at hand, as JSON. With the columns that are prepared of them they take some three times as many bytes. */
const AT_HAND = 32 * 1024 * 1024

export class SearchCases implements Series<SlimCase> {
  readonly #shared = new SharedValues()
  readonly #text = new SharedText()
  readonly #atHand: SlimCase[] = []
  readonly #aside: RecordList<string>
  readonly #most: number
  #chars = 0
  /** Cases that were put aside and looked at last, by index modulo a block: a search asks several things of each of its cases. */
  readonly #looked: ({ readonly index: number; readonly case: SlimCase } | undefined)[] = []

  constructor(aside: Records, atHand = AT_HAND) {
    this.#aside = new RecordList(aside, TEXT)
    this.#most = atHand
  }

  get length(): number {
    return this.#atHand.length + this.#aside.length
  }

  /** Adds a case whose baseline is proved, with what its floors had to look at. */
  add(replayCase: ReplayCase, floors?: string): void {
    const kept = floors === undefined ? slim(replayCase) : { ...slim(replayCase), floors }
    if (this.#chars <= this.#most) this.#chars += JSON.stringify(kept).length
    if (this.#chars <= this.#most) this.#atHand.push(this.#shared.share(kept))
    else this.#aside.add(this.#text.write(kept))
  }

  at(index: number): SlimCase | undefined {
    if (index < this.#atHand.length) return this.#atHand[index]
    const looked = this.#looked[index % SHARD_BLOCK]
    if (looked?.index === index) return looked.case
    const text = this.#aside.at(index - this.#atHand.length)
    if (text === undefined) return undefined
    const read = this.#text.read(text)
    this.#looked[index % SHARD_BLOCK] = { index, case: read }
    return read
  }

  *[Symbol.iterator](): Generator<SlimCase> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }
}
