/**
 * Messages between the program and its restricted processes. A request is one line of JSON, the lines it works on, and an
 * empty line. The reply is any number of lines marked by a space, then one answer.
 */
import type { BaselinePins } from '#core/replay/baseline.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'

/** First character of a reply line. */
export const REPLY = { line: ' ', answer: '=', failure: '!' } as const

export type Request =
  /** Over case lines; a line each: head and result. `keep`: the search works on them next. */
  | { readonly verb: 'reproduce'; readonly pins: BaselinePins; readonly keep: boolean }
  /** Lines of the replays that it read; the answer is the search's result. */
  | { readonly verb: 'search'; readonly input: Omit<SearchInput, 'panel'> }
  /** Over sealed lines; a score each. */
  | { readonly verb: 'score'; readonly run: AutotuneRun; readonly change: CandidateChange }
