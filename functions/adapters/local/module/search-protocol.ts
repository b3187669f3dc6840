/** Messages between the program and the restricted process that searches. */
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { Packed } from '../isolation/protocol.ts'

export type SearchTurn =
  /** Over a line a case: head and baseline measures. */
  { readonly input: Omit<SearchInput, 'panel'> } | { readonly answers: readonly CaseAnswer[] }

/** What comes next; before it, the replays that were read, a line each. */
export type SearchStep = { readonly round: Round } | { readonly result: Packed<SearchResult> }
