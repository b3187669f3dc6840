/**
 * Messages between the program and its restricted processes. A request is one line of JSON, the lines it works on, and an
 * empty line. The reply is any number of lines marked by a space, then one answer.
 */

import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { SealedLine } from '#core/baseline/reproduce.ts'
import { Records } from '#core/bytes/records.ts'
import { MeasureList, measureList, type PackedMeasures } from '#core/evaluate/measure-list.ts'
import type { CaseHead } from '#core/evaluate/panel.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { ShardQuestion } from '#core/search/shard-question.ts'
import type { Asked } from '#core/search/sharded.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { fileDisk } from '../files/file-disk.ts'

/** Descriptor of the open, nameless file of a restricted process: the only one it has beside its pipes. */
const ASIDE = 3
/** Bytes that stay in memory, so that a small search never waits for a disk. */
const IN_MEMORY = 16 * 1024 * 1024

/** What a restricted process puts aside. */
export const aside = (): Records => new Records(fileDisk(ASIDE), IN_MEMORY)

/** First character of a line that comes back; what is told for people is no part of a reply, and a question waits for a line. */
export const REPLY = { line: ' ', answer: '=', failure: '!', progress: '~', question: '?' } as const

export type Request =
  /** Over case lines; a line each: head and result. `keep`: the search works on them next, alone or as a shard, and on those that were kept before unless these are the `first`. */
  | {
      readonly verb: 'reproduce'
      readonly pins: BaselinePins
      readonly keep: 'alone' | 'shard' | null
      readonly first: boolean
    }
  /** Lines of the replays that it read; the answer is the search's result. */
  | { readonly verb: 'search'; readonly input: Omit<SearchInput, 'panel'> }
  /** The cases that are kept are a shard from now on (the answer: does any have a recording for a plan?); then, what a search asks of it. */
  | ({ readonly verb: 'shard' } & Pick<SearchInput, 'pins' | 'suite'>)
  | { readonly verb: 'ask'; readonly question: ShardQuestion }
  /** A search over so many shards, over a line a case: `ShardedHead`. Its questions are for them; its lines say what of the answers goes on record (`Taken`). */
  | {
      readonly verb: 'search-shards'
      readonly input: Omit<SearchInput, 'panel'>
      readonly shards: number
      readonly hasPlanned: boolean
    }
  /** The first measures of what was found last, some a line (`PackedMeasures`). */
  | { readonly verb: 'first-measures' }
  /** Over sealed lines; for each a list of scores, one a change. */
  | { readonly verb: 'score'; readonly run: AutotuneRun; readonly changes: readonly (CandidateChange | null)[] }

/** Head and baseline measures of a case, and the shard that it lies in. */
export type ShardedHead = Pick<SealedLine<CaseHead>, 'case' | 'baseline'> & { readonly shard: number }

/** What a search over shards asks of them. `next`: what it will most likely ask then. */
export interface ShardsAsked {
  readonly asked: Asked
  readonly next: Asked
}

/** A search's result without the measures of a million cases, which are asked for by themselves where there are some. */
export type Told<R extends Pick<SearchResult, 'firstMeasures'>> = Omit<R, 'firstMeasures'> & {
  readonly hasMeasures: boolean
}

export const told = ({ firstMeasures, ...found }: SearchResult): Told<SearchResult> => ({
  ...found,
  hasMeasures: firstMeasures !== null,
})

/** Measures of a line. */
const MEASURES_A_LINE = 1024

/** Measures as lines: one text of a million would be held several times over on its way. */
export function* measureLines(measures: MeasureList | null): Generator<string> {
  const some = measureList()
  for (const one of measures ?? []) {
    some.add(one)
    if (some.length < MEASURES_A_LINE) continue
    yield JSON.stringify(some)
    some.clear()
  }
  if (some.length > 0) yield JSON.stringify(some)
}

/** What a process has found, with the measures that it is asked for. */
export async function foundBy(
  process: { told(request: Request): AsyncIterable<string> },
  { hasMeasures, ...found }: Told<SearchResult>,
): Promise<SearchResult> {
  if (!hasMeasures) return { ...found, firstMeasures: null }
  const firstMeasures = measureList()
  for await (const line of process.told({ verb: 'first-measures' }))
    for (const one of MeasureList.parse(JSON.parse(line) as PackedMeasures)) firstMeasures.add(one)
  return { ...found, firstMeasures }
}
