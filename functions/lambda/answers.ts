/** Answers of the shards of a search set, read where they are asked for. */
import type { CaseAnswer } from '#core/search/replayer.ts'
import { workKeys } from '#schemas/work-keys.ts'
import type { ObjectStore, Store } from '../ports.ts'
import type { TwiceAnswered } from '../steps/replay/answered-alike.ts'
import { readText, valueReader } from '../streams/read-object.ts'
import type { PanelFile } from './work.ts'

/** Characters of answers that stay at hand. */
const AT_HAND = 16 * 1024 * 1024

/** Answers for one settings after the other: nobody comes back to those before. */
export class Answers {
  readonly #objects: ObjectStore
  readonly #most: number
  readonly #runId: string
  /** First case of each shard, and behind them how many there are. */
  readonly #first: readonly number[]
  #digest = ''
  /** Lines of shards, the one read first in front. */
  #shards = new Map<number, readonly string[] | null>()
  #chars = 0

  constructor(
    { objects, atHand = AT_HAND }: Pick<Store, 'objects' | 'atHand'>,
    runId: string,
    { shards }: Pick<PanelFile, 'shards'>,
  ) {
    this.#objects = objects
    this.#most = atHand
    this.#runId = runId
    const first = [0]
    for (const { cases } of shards) first.push(first.at(-1)! + cases)
    this.#first = first
  }

  /** Answers of some cases under some settings; null: a shard of theirs has not answered. `ends`: behind it nothing is read. */
  async of(
    digest: string,
    cases: readonly number[],
    ends: (answer: CaseAnswer) => boolean = () => false,
  ): Promise<readonly TwiceAnswered[] | null> {
    if (digest !== this.#digest) {
      this.#shards.clear()
      this.#chars = 0
      this.#digest = digest
    }
    const answers: TwiceAnswered[] = []
    for (const index of cases) {
      const shard = this.#shardOf(index)
      const lines = await this.#lines(shard)
      if (lines === null) return null
      const read = valueReader<TwiceAnswered>(this.#objects, this.#key(shard))
      const answer = read(lines[index - this.#first[shard]!]!)
      answers.push(answer)
      if (ends(answer)) break
    }
    return answers
  }

  #shardOf(index: number): number {
    let [low, high] = [0, this.#first.length - 1]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#first[middle]! <= index) low = middle
      else high = middle
    }
    return low
  }

  async #lines(shard: number): Promise<readonly string[] | null> {
    const known = this.#shards.get(shard)
    if (known !== undefined) return known
    const text = await readText(this.#objects, this.#key(shard))
    const lines = text?.split('\n').filter((line) => line !== '') ?? []
    const whole = lines.length === this.#first[shard + 1]! - this.#first[shard]! ? lines : null
    this.#shards.set(shard, whole)
    this.#chars += text?.length ?? 0
    while (this.#chars > this.#most && this.#shards.size > 1) {
      const [oldest, gone] = this.#shards.entries().next().value!
      this.#shards.delete(oldest)
      this.#chars -= gone?.reduce((sum, line) => sum + line.length + 1, 0) ?? 0
    }
    return whole
  }

  #key(shard: number): string {
    return workKeys.answers(this.#runId, this.#digest, shard)
  }
}
