/**
 * A search over shards: it decides what is asked, in the order in which it would read cases at hand, and asks it of blocks of
 * cases. How many shards there are, and which case lies in which, changes nothing of what it finds.
 */
import type { SettingsTable } from '#schemas/common.ts'
import { asksElsewhere } from '../evaluate/asked.ts'
import { MeasureList } from '../evaluate/measure-list.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { OnRecord } from './memo.ts'
import {
  type CaseView,
  type GistAnswer,
  type Measured,
  type Rendering,
  type Round,
  SAME_AS_BASELINE,
} from './replayer.ts'
import { type SearchOptions, type SearchResult, searchRounds } from './search.ts'
import type { SearchInput } from './search-input.ts'
import {
  KEY_CHARS,
  MOST_PLACES,
  type PackedAnswers,
  type PackedKeys,
  type PackedMeasured,
  type PackedRenderings,
  SAME_KEY,
  SAME_ROW,
  type SaidOfAnswer,
  SHARD_BLOCK,
  type ShardQuestion,
} from './shard-question.ts'
import { BLOCK } from './visit.ts'

/** Some shards and what each is asked. */
export type Asked = readonly (readonly [shard: number, question: ShardQuestion])[]

/** Asks each of some shards one thing; their replies in the same order. `next`: what will most likely be asked after it. */
type AskShards = (asked: Asked, next: Asked) => readonly unknown[]

/** Lines that go on record: of the answers that were asked for last, so many of each of these shards, one after the other. */
export interface Taken {
  readonly candidate_id: string
  readonly of: readonly (readonly [shard: number, lines: number])[]
}

/** Where the cases of a panel lie: the shard of each, in panel order. */
interface ShardedCases {
  readonly shards: number
  /** Does any of them have a recording that was made for a plan? */
  readonly hasPlanned: boolean
  readonly shardOf: Uint8Array
}

/**
 * Searches over shards. `take`: is told what goes on record before anything else is asked.
 * @param options.block cases that each shard is asked for at once. @default 128
 */
export function searchShards(
  input: SearchInput,
  cases: ShardedCases,
  ask: AskShards,
  take: (taken: Taken) => void,
  { block = SHARD_BLOCK, ...options }: SearchOptions = {},
): SearchResult {
  // Whoever is asked elsewhere is paid for each answer: nothing is asked ahead of what is read.
  const isPaid = asksElsewhere(input.suite)
  const shards = new Shards(cases, block, isPaid ? (asked) => ask(asked, []) : ask, take, isPaid)
  const nobody: OnRecord = () => {
    throw new RangeError('a line of a shard is on record where it lies')
  }
  const rounds = searchRounds(input, shards, nobody, { ...options, block: shards.block })
  for (let step = rounds.next(); ; step = rounds.next(shards.answer(step.value)))
    if (step.done) {
      shards.settle()
      return step.value
    }
}

/** Some cases of the panel, by shard: how many of each, and where the first of them stands in it. */
interface Spread {
  readonly first: number
  readonly end: number
  readonly parts: readonly { readonly shard: number; readonly first: number; readonly count: number }[]
}

class Shards implements CaseView {
  readonly renders = true
  readonly hasPlanned: boolean
  readonly measuredSideBySide?: NonNullable<CaseView['measuredSideBySide']>
  /** Cases that are asked for at once. */
  readonly block: number
  readonly #cases: ShardedCases
  readonly #ask: AskShards
  readonly #take: (taken: Taken) => void
  /** Number of each case within its shard. */
  readonly #place: Int32Array
  /** Keys that were asked last, by settings. */
  readonly #keys = new WeakMap<SettingsTable, { readonly first: number; readonly keys: readonly string[] }>()
  #read: { readonly candidate_id: string; readonly of: number[]; count: number } | null = null

  /** @param isPaid somebody is paid for each answer */
  constructor(cases: ShardedCases, block: number, ask: AskShards, take: (taken: Taken) => void, isPaid: boolean) {
    if (!isPaid) this.measuredSideBySide = (tables) => this.#measured(tables)
    this.block = block * cases.shards
    this.#cases = cases
    this.hasPlanned = cases.hasPlanned
    this.#ask = ask
    this.#take = take
    const next = new Int32Array(cases.shards)
    this.#place = Int32Array.from(cases.shardOf, (shard) => next[shard]!++)
  }

  contextKey(index: number, settings: SettingsTable): string {
    const known = this.#keys.get(settings)
    const at = known === undefined ? -1 : index - known.first
    if (known && at >= 0 && at < known.keys.length) return known.keys[at]!
    // Whoever reads on reads on; whoever jumps is asked for little.
    const isNext = known === undefined ? index === 0 : at === known.keys.length
    const spread = this.#spread(index, isNext ? this.block : BLOCK)
    const replies = this.#each<PackedKeys>(spread, (range) => ({ ask: 'keys', settings, ...range }))
    const keys = merged(spread, this.#cases.shardOf, (part, i) => {
      const key = replies[part]!.keys.slice(KEY_CHARS * i, KEY_CHARS * (i + 1))
      return key === SAME_KEY ? SAME_AS_BASELINE : key
    })
    this.#keys.set(settings, { first: index, keys })
    return keys[0]!
  }

  sideBySide(tables: readonly SettingsTable[]): (index: number) => readonly Rendering[] {
    return this.#beside<PackedRenderings, Rendering[]>('renderings', tables, renderingsOf)
  }

  #measured(tables: readonly SettingsTable[]): (index: number) => readonly Measured[] {
    return this.#beside<PackedMeasured, Measured[]>('measured', tables, measuredOf)
  }

  /** What is asked of cases under several settings, block by block. */
  #beside<R, T>(
    ask: 'renderings' | 'measured',
    tables: readonly SettingsTable[],
    readerOf: (reply: R, tables: number, count: number) => (at: number) => T,
  ): (index: number) => T {
    const size = Math.max(1, Math.min(this.block, Math.floor(MOST_PLACES / tables.length)))
    let first = 0
    let block: readonly (() => T)[] = []
    return (index) => {
      if (index < first || index >= first + block.length) {
        const spread = this.#spread(index, size)
        const replies = this.#each<R>(spread, (range) => ({ ask, tables, ...range }))
        const read = replies.map((reply, part) => readerOf(reply, tables.length, spread.parts[part]!.count))
        first = index
        block = merged(spread, this.#cases.shardOf, (part, i) => () => read[part]!(i))
      }
      return block[index - first]!()
    }
  }

  /** Answers of a round, in its order. */
  answer({ candidate_id, cases, next: following = [], ...round }: Round): GistAnswer[] {
    const { shards, shardOf } = this.#cases
    const askedOf = (indices: readonly number[]): Asked => {
      const byShard = Array.from({ length: shards }, (): number[] => [])
      for (const i of indices) byShard[shardOf[i]!]!.push(this.#place[i]!)
      return [...byShard.entries()]
        .filter(([, places]) => places.length > 0)
        .map(([shard, places]) => [shard, { ask: 'answers', ...round, cases: places }])
    }
    const questions = askedOf(cases)
    const asked = questions.map(([shard]) => shard)
    const replies = this.#replies<PackedAnswers>(questions, askedOf(following))
    const read = replies.map(({ measures, said }) => ({ measures: measuresOf(measures), said }))
    const next = new Int32Array(shards)
    const reading = { candidate_id, of: cases.map((i) => shardOf[i]!), count: 0 }
    if (!round.offRecord) this.#read = reading
    const onRecord = () => {
      reading.count++
    }
    return cases.map((i) => {
      const shard = shardOf[i]!
      const { measures, said } = read[asked.indexOf(shard)]!
      const at = next[shard]!++
      return answerOf(measures.at(at)!, said[at]!, onRecord)
    })
  }

  /** Tells what was read of the last round: always the first of its answers, in their order. */
  settle(): void {
    const read = this.#read
    this.#read = null
    if (read === null || read.count === 0) return
    const of: [number, number][] = []
    for (const shard of read.of.slice(0, read.count)) {
      const last = of.at(-1)
      if (last?.[0] === shard) last[1]++
      else of.push([shard, 1])
    }
    this.#take({ candidate_id: read.candidate_id, of })
  }

  #spread(first: number, size: number): Spread {
    const { shards, shardOf } = this.#cases
    const end = Math.min(first + size, shardOf.length)
    const parts = Array.from({ length: shards }, (_, shard) => ({ shard, first: -1, count: 0 }))
    for (let i = first; i < end; i++) {
      const part = parts[shardOf[i]!]!
      if (part.count++ === 0) part.first = this.#place[i]!
    }
    return { first, end, parts: parts.filter(({ count }) => count > 0) }
  }

  /** Asks of a spread, and makes known that the cases behind it come next. */
  #each<R>(spread: Spread, question: (range: { first: number; count: number }) => ShardQuestion): readonly R[] {
    const asked = ({ parts }: Spread): Asked =>
      parts.map(({ shard, first, count }) => [shard, question({ first, count })])
    const size = spread.end - spread.first
    return this.#replies(asked(spread), size > BLOCK ? asked(this.#spread(spread.end, size)) : [])
  }

  #replies<R>(asked: Asked, next: Asked): readonly R[] {
    this.settle()
    return this.#ask(asked, next) as readonly R[]
  }
}

/** What each case of a spread has, in panel order. */
function merged<T>(
  { first, end, parts }: Spread,
  shardOf: Uint8Array,
  of: (part: number, at: number) => T,
): readonly T[] {
  const partOf = new Map(parts.map(({ shard }, part) => [shard, part]))
  const next = new Int32Array(parts.length)
  return Array.from({ length: end - first }, (_, i) => {
    const part = partOf.get(shardOf[first + i]!)!
    return of(part, next[part]!++)
  })
}

/** Renderings of a case of a reply by its number in it. */
function renderingsOf(
  { places, rows, said }: PackedRenderings,
  tables: number,
  count: number,
): (at: number) => Rendering[] {
  const bytes = Buffer.from(places, 'base64')
  const measures = measuresOf(rows)
  const known = new Array<Rendering | undefined>(said.length)
  return (at) =>
    Array.from({ length: tables }, (_, table) => {
      const place = at * tables + table
      const row = bytes.readUInt16LE(count * tables + 2 * place)
      // Whatever has the same row has the same context.
      known[row] ??= { ...seenOf(measures.at(row)!, said[row]!), context: bytes[place]! }
      return known[row]
    })
}

/** The same of cases that are measured. */
function measuredOf({ keys, places, rows }: PackedMeasured, tables: number): (at: number) => Measured[] {
  const bytes = Buffer.from(places, 'base64')
  const measures = measuresOf(rows.measures)
  const offRecord = () => {}
  return (at) =>
    Array.from({ length: tables }, (_, table) => {
      const row = bytes.readUInt16LE(2 * (at * tables + table))
      if (row === SAME_ROW) return { key: SAME_AS_BASELINE, answer: null }
      const key = keys.slice(KEY_CHARS * row, KEY_CHARS * (row + 1))
      return { key, answer: answerOf(measures.at(row)!, rows.said[row]!, offRecord) }
    })
}

const answerOf = (
  measures: Measures,
  [changed, letters, status = 'replayed', stop = null, failing = null]: SaidOfAnswer,
  onRecord: () => void,
): GistAnswer => ({
  measures,
  contextChanged: (changed & 1) !== 0,
  decisionChanged: (changed & 2) !== 0,
  gist: { status, stop, failing, letters },
  onRecord,
})

const seenOf = (measures: Rendering['measures'], said: readonly number[] | string): Omit<Rendering, 'context'> =>
  typeof said === 'string' ? { measures: { unreplayable: said }, amounts: [] } : { measures, amounts: said }

const measuresOf = MeasureList.parse
