/**
 * The search side of a laptop in as many restricted processes as its cases are worth: each holds a shard of them, and one
 * more decides what they are asked. Which case lies in which, and how many there are, changes no byte of a run.
 */
import { availableParallelism } from 'node:os'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import { ByteList } from '#core/bytes/byte-list.ts'
import { small } from '#core/bytes/columns.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { SHARD_BLOCK } from '#core/search/shard-question.ts'
import type { Asked, Taken } from '#core/search/sharded.ts'
import type { Lines, ReproducedLine } from '../../../ports.ts'
import { ahead, inTextBlocks } from '../../../streams/groups.ts'
import { foundBy, type Request, type ShardedHead, type ShardsAsked, type Told } from './protocol.ts'
import type { Answering, RestrictedProcess } from './restricted-process.ts'

/** How many processes hold the cases of a search. */
export interface ShardLimits {
  /** At most; by default one a core, as far as memory carries them. */
  readonly most: number
  /** A further one is started for each so many cases: starting one costs what searching over some hundreds does. */
  readonly casesEach: number
}

const CASES_EACH = 1024
/** Memory of a process, with room to spare. */
const PROCESS_BYTES = 512 * 1024 * 1024

/** With more of them the one that decides what they are asked would be the slowest. */
const MOST_PROCESSES = 8

/** What this machine carries, beside the program and the gate. */
const shardLimitsHere = (): ShardLimits => ({
  most: Math.max(
    1,
    Math.min(MOST_PROCESSES, availableParallelism(), Math.floor(process.availableMemory() / PROCESS_BYTES) - 2),
  ),
  casesEach: CASES_EACH,
})

/** Lines of a block, and characters beyond which it ends: some of them are under way at once. */
export const BLOCK = { most: SHARD_BLOCK, mostChars: 4 * 1024 * 1024 }

/** A process of the search side, one request at a time. */
type Held = Pick<RestrictedProcess, 'told' | 'converse' | 'close'>

/** The answer of each process that was asked, as JSON, and the lines that every process told beside it. */
interface Replies {
  readonly texts: readonly string[]
  readonly lines: readonly string[][]
}

export class ShardProcesses {
  readonly #start: () => Held
  readonly #verdicts: Answering
  readonly #limits: ShardLimits
  readonly #processes: Held[]
  #lead: Held | null = null
  /** Lines that each process was given. */
  #lines: number[] = []
  /** Process of each case that reproduced, in their order. */
  readonly #shardOf = new ByteList(small)

  /**
   * The first process starts at once, while the caller still reads its input. `verdicts`: answers what the processes ask of
   * evaluators that are asked elsewhere.
   */
  constructor(start: () => Held, verdicts: Answering, limits = shardLimitsHere()) {
    this.#start = start
    this.#verdicts = verdicts
    this.#limits = limits
    this.#processes = [start()]
  }

  /** Replays the baseline over case lines, and has each process keep its own. */
  async *reproduce(lines: Lines, pins: BaselinePins): AsyncGenerator<ReproducedLine> {
    this.#shardOf.clear()
    this.#lines = []
    const underWay = this.#processes.map((): Promise<unknown> => Promise.resolve())
    const reproduced = async (block: readonly string[]) => {
      const shard = this.#nextShard()
      const before = this.#lines[shard] ?? 0
      this.#lines[shard] = before + block.length
      const keep = this.#lines.length > 1 ? 'shard' : 'alone'
      const request: Request = { verb: 'reproduce', pins, keep, first: before === 0 }
      const replies = (underWay[shard] ?? Promise.resolve()).then(() =>
        Array.fromAsync(this.#processes[shard]!.converse(request, block, this.#verdicts)),
      )
      underWay[shard] = replies.catch(() => {})
      return { shard, block, replies: await replies }
    }
    const blocks = inTextBlocks(lines, BLOCK, (line) => line.length)
    const atOnce = 2 * this.#limits.most
    for await (const { shard, block, replies } of ahead(blocks, atOnce, reproduced))
      for (const [at, line] of block.entries()) {
        const one = JSON.parse(replies[at]!) as Reproduced
        if ('measures' in one.result) this.#shardOf.add(shard)
        yield { ...one, line }
      }
    // Started while the caller seals, so that no search waits for it.
    if (this.#lines.length > 1) this.#lead ??= this.#start()
  }

  /** Searches over what was reproduced last. */
  async *search({ panel, ...input }: SearchInput): AsyncGenerator<string, SearchResult> {
    const shards = this.#lines.length
    if (shards <= 1) {
      const [alone] = this.#processes as [Held]
      const found = yield* alone.converse<Told<SearchResult>>({ verb: 'search', input }, [], this.#verdicts)
      return await foundBy(alone, found)
    }
    const { pins, suite } = input
    let hasPlanned = false
    for (const holder of this.#processes.slice(0, shards))
      if ((await only(holder.told({ verb: 'shard', pins, suite } satisfies Request))) !== 'false') hasPlanned = true
    let told: readonly string[][] = []
    const ask = this.#asking()
    /** What was asked ahead of the search, by the kind of question: keys are asked between answers. */
    const early = new Map<string, { readonly of: string; readonly replies: Promise<Replies> }>()
    const kindOf = ([first]: Asked) => first![1].ask
    const answer = async (question: string): Promise<string> => {
      const { asked, next } = JSON.parse(question) as ShardsAsked
      const known = early.get(kindOf(asked))
      const replies = known?.of === JSON.stringify(asked) ? known.replies : ask(asked)
      if (next.length > 0) early.set(kindOf(next), { of: JSON.stringify(next), replies: ask(next) })
      const { texts, lines } = await replies
      told = lines
      return `[${texts.join()}]`
    }
    this.#lead ??= this.#start()
    const request: Request = { verb: 'search-shards', input, shards, hasPlanned }
    const leading = this.#lead.told(request, this.#heads(panel), answer)
    for (let step = await leading.next(); ; step = await leading.next()) {
      if (step.done) {
        await Promise.all([...early.values()].map(({ replies }) => replies))
        return await foundBy(this.#lead, JSON.parse(step.value) as Told<SearchResult>)
      }
      const { candidate_id, of } = JSON.parse(step.value) as Taken
      // Canonical: a candidate's id stands before all else in a line.
      const head = `{"candidate_id":${JSON.stringify(candidate_id)},`
      for (const [shard, lines] of of) for (const line of told[shard]!.splice(0, lines)) yield head + line.slice(1)
    }
  }

  close(): void {
    for (const one of [...this.#processes, this.#lead]) one?.close()
  }

  /** Asks some processes, each when it has answered what it was asked before; their replies, and the lines that each told beside its own. */
  #asking(): (asked: Asked) => Promise<Replies> {
    const before = this.#lines.map((): Promise<unknown> => Promise.resolve())
    return (asked) => {
      const lines = this.#lines.map((): string[] => [])
      const texts = asked.map(([shard, question]) => {
        const answered = before[shard]!.then(() =>
          only(
            this.#processes[shard]!.told({ verb: 'ask', question } satisfies Request, [], this.#verdicts),
            (line) => {
              lines[shard]!.push(line)
            },
          ),
        )
        before[shard] = answered
        return answered
      })
      const replies = Promise.all(texts).then((all) => ({ texts: all, lines }))
      // Whoever waits for them hears of it.
      replies.catch(() => {})
      return replies
    }
  }

  /** The process that has the fewest lines; a further one where there are enough for it. */
  #nextShard(): number {
    const lines = this.#lines.reduce((a, b) => a + b, 0)
    const { most, casesEach } = this.#limits
    if (this.#lines.length < Math.min(most, 1 + Math.floor(lines / casesEach))) {
      if (this.#processes.length === this.#lines.length) this.#processes.push(this.#start())
      return this.#lines.length
    }
    return this.#lines.indexOf(Math.min(...this.#lines))
  }

  *#heads({ cases, baseline }: SearchInput['panel']): Generator<string> {
    for (let i = 0; i < cases.length; i++) {
      const head: ShardedHead = { case: cases.at(i)!, baseline: baseline.at(i)!, shard: this.#shardOf.at(i)! }
      yield JSON.stringify(head)
    }
  }
}

/** The answer of a reply, to its end; `each`: is told its lines. */
async function only(
  replying: AsyncGenerator<string, string>,
  each: (line: string) => void = () => {},
): Promise<string> {
  for (let step = await replying.next(); ; step = await replying.next()) {
    if (step.done) return step.value
    each(step.value)
  }
}
