/** The cases of a search by index. As many as memory carries stay at hand; the others are put aside, and read when they are looked at. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { SharedValues, slim } from '../replay/slim.ts'
import type { Series } from '../statistics/series.ts'
import type { Spill } from './spill.ts'

/** Characters of the cases at hand, as JSON. With the columns that are prepared of them they take some three times as many bytes. */
const AT_HAND = 32 * 1024 * 1024

export class SpilledCases implements Series<ReplayCase> {
  readonly #spill: Spill
  readonly #shared = new SharedValues()
  readonly #atHand: ReplayCase[] = []
  readonly #most: number
  readonly #whole: boolean
  #chars = 0
  /** Where each case that is not at hand stands, and how long it is. */
  readonly #positions: number[] = []
  readonly #lengths: number[] = []
  /** A search asks several things of a case, one after the other. */
  #last: { readonly index: number; readonly case: ReplayCase } | null = null

  /** `whole`: nothing is taken off them. */
  constructor(spill: Spill, { atHand = AT_HAND, whole = false } = {}) {
    this.#spill = spill
    this.#most = atHand
    this.#whole = whole
  }

  get length(): number {
    return this.#atHand.length + this.#positions.length
  }

  /** Adds a case whose baseline is proved. */
  add(replayCase: ReplayCase): void {
    const kept = this.#whole ? replayCase : slim(replayCase)
    const text = JSON.stringify(kept)
    this.#chars += text.length
    if (this.#chars <= this.#most) {
      this.#atHand.push(this.#shared.share(kept))
      return
    }
    const bytes = Buffer.from(text)
    this.#positions.push(this.#spill.append(bytes))
    this.#lengths.push(bytes.length)
  }

  at(index: number): ReplayCase | undefined {
    if (index < this.#atHand.length) return this.#atHand[index]
    if (!(index < this.length)) return undefined
    if (this.#last?.index !== index) {
      const place = index - this.#atHand.length
      const bytes = this.#spill.read(this.#positions[place]!, this.#lengths[place]!)
      this.#last = { index, case: this.#shared.shareSettings(JSON.parse(bytes.toString()) as ReplayCase) }
    }
    return this.#last.case
  }

  *[Symbol.iterator](): Generator<ReplayCase> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }
}
