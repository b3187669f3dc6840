/** What a search asks of whoever holds a shard of its cases, and what comes back. Cases are numbered within the shard. */
import type { SettingsTable } from '#schemas/common.ts'
import type { PackedMeasures } from '../evaluate/measure-list.ts'
import type { Gist, Round } from './replayer.ts'

/** Cases that stand side by side in a panel, in one shard, and are looked at together. */
export const SHARD_BLOCK = 128

interface Range {
  readonly first: number
  readonly count: number
}

/** What a shard is asked. SettingsTable are repeated each time: a shard knows them again. */
export type ShardQuestion =
  | ({ readonly ask: 'keys'; readonly settings: SettingsTable } & Range)
  | ({ readonly ask: 'renderings'; readonly tables: readonly SettingsTable[] } & Range)
  | ({ readonly ask: 'measured'; readonly tables: readonly SettingsTable[] } & Range)
  | ({ readonly ask: 'answers' } & Omit<Round, 'candidate_id' | 'next'>)

/** Context keys: `KEY_CHARS` characters a case, `SAME_KEY` where the context is the baseline's own. */
export interface PackedKeys {
  readonly keys: string
}
export const KEY_CHARS = 32
export const SAME_KEY = '='.repeat(KEY_CHARS)

/** Cases under several settings. `places`: a context for each case and table, then two bytes for each with its row. */
export interface PackedRenderings {
  /** Base64. */
  readonly places: string
  readonly rows: PackedMeasures
  /** Beside a row: amounts that are skipped, or why the records cannot answer. */
  readonly said: readonly (readonly number[] | string)[]
}

/** Most places of one reply: two bytes name a row, and its last number is `SAME_ROW`. */
export const MOST_PLACES = 65_535

/** Cases under several settings, measured. `places`: two bytes for each case and table with its row; `SAME_ROW`: the baseline's own. */
export interface PackedMeasured extends PackedKeys {
  /** Base64. */
  readonly places: string
  readonly rows: PackedAnswers
}
/** No row of a reply has this number: it has as many at most. */
export const SAME_ROW = 65_535

/** Answers in the order of the cases. The lines that may go on record are told beside it, and stay where they are told. */
export interface PackedAnswers {
  readonly measures: PackedMeasures
  /** Bits of what changed (1 the context, 2 the decision), then as much of a gist as is not usual. */
  readonly said: readonly SaidOfAnswer[]
}
export type SaidOfAnswer = readonly [
  changed: number,
  letters: string | null,
  status?: Gist['status'],
  stop?: string | null,
  failing?: string | null,
]
